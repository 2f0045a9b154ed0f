import { fromBase64, toUnpadded } from './encoding.js';
import { pbkdf2Text } from './pbkdf2.js';

const PBKDF2 = new Map([
  ['pbkdf2', 'sha1'],
  ['pbkdf2-sha256', 'sha256'],
  ['pbkdf2-sha512', 'sha512'],
]);
const VERSIONS = { 1.3: '19', '1.0': '16' };

const read = (part) => {
  try {
    return typeof part === 'string' ? JSON.parse(part) : part;
  } catch {
    return undefined;
  }
};

/**
 * What a credential of a realm export is here: a PHC string. @param credential with `secretData` and `credentialData`,
 * each an object or JSON. @returns a stored form, or undefined.
 */
export function fromKeycloak(credential) {
  const whole = read(credential);
  const [secret, data] = [read(whole?.secretData), read(whole?.credentialData)];
  if (typeof secret?.value !== 'string' || typeof secret.salt !== 'string') return undefined;
  const [salt, digest] = [fromBase64(secret.salt), fromBase64(secret.value)];
  if (!salt || !digest || !Number.isInteger(data?.hashIterations)) return undefined;
  const { algorithm, hashIterations: rounds } = data;
  const hash = PBKDF2.get(algorithm);
  if (hash) return pbkdf2Text({ hash, rounds, salt, digest });
  if (algorithm !== 'argon2') return undefined;
  const [memory, lanes, kind, version] = ['memory', 'parallelism', 'type', 'version'].map(
    (name) => [data.additionalParameters?.[name]].flat()[0],
  );
  if ([memory, lanes, kind, version].some((each) => !['string', 'number'].includes(typeof each)))
    return undefined;
  if (!Object.hasOwn(VERSIONS, version)) return undefined;
  return `argon2$argon2${kind}$v=${VERSIONS[version]}$m=${memory},t=${rounds},p=${lanes}$${toUnpadded(salt)}$${toUnpadded(digest)}`;
}
