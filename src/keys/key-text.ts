import { readFileSync } from 'node:fs';
import { SettingsError } from '../config/check.js';

const LABEL = /-----BEGIN ([A-Z ]+)-----/;
/** A PEM whose line breaks were replaced by spaces or removed. **Source** RFC 7468 §2. */
const PEM = /-----BEGIN ([A-Z0-9 ]+)-----([\sA-Za-z0-9+/=]*)-----END \1-----/;
const BASE64 = /^[A-Za-z0-9+/_-]{40,}={0,2}$/;
/** Values that are not private keys, with messages that say what to do. */
const NOT_PRIVATE: readonly [RegExp, string][] = [
  [/^ENCRYPTED PRIVATE KEY$/, 'is encrypted: remove its passphrase (openssl pkey -in key.pem)'],
  [/^OPENSSH PRIVATE KEY$/, 'is in OpenSSH format: convert it to PEM (ssh-keygen -p -m PKCS8 -f key)'],
  [/PUBLIC KEY$/, 'is a public key, which cannot sign: set the private key'],
  [/CERTIFICATE/, 'is a certificate, which cannot sign: set its private key'],
];

/**
 * Reads the text of a key: PEM or JWK, inline or in a file. Environment files and secret stores may add quotes, replace line
 * breaks by `\n`, or use a single line or base64; all of these are accepted.
 *
 * @throws {SettingsError} saying what was found instead.
 */
export function readKeyText(name: string, value: string, mustSign = name === 'SIGNING_KEY'): string {
  const inline = inlineText(unquoted(value));
  const text = inline ?? inlineText(fileText(name, value));
  if (text === undefined)
    throw new SettingsError([`${name}: is the path of a file that contains neither a PEM nor a JWK`]);
  if (mustSign) refuseWhatCannotSign(name, text);
  return text;
}

function refuseWhatCannotSign(name: string, text: string): void {
  const label = LABEL.exec(text)?.[1] ?? '';
  const isPublicJwk = text.startsWith('{') && /"kty"/.test(text) && !/"d"\s*:/.test(text);
  const said = isPublicJwk
    ? 'is a public JWK without d, which cannot sign: set the private one'
    : NOT_PRIVATE.find(([pattern]) => pattern.test(label))?.[1];
  if (said !== undefined) throw new SettingsError([`${name}: ${said}`]);
}

/** The key contained in a text; undefined if it may be the path of a file. */
function inlineText(text: string, isDecoded = false): string | undefined {
  if (text.startsWith('{')) return text;
  const unescaped = text.replaceAll('\\r', '').replaceAll('\\n', '\n');
  const [, label, body] = PEM.exec(unescaped) ?? [];
  if (label !== undefined && body !== undefined) {
    const lines = body.replace(/\s+/g, '').match(/.{1,64}/g) ?? [];
    return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
  }
  // Truncated, or with headers: the parser reports it.
  if (unescaped.includes('-----BEGIN')) return unescaped;
  const packed = text.replace(/\s+/g, '');
  if (isDecoded || !BASE64.test(packed)) return undefined;
  return inlineText(Buffer.from(packed, 'base64').toString().trim(), true);
}

function fileText(name: string, path: string): string {
  try {
    // A byte order mark counts as whitespace.
    return unquoted(readFileSync(path, 'utf8'));
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    throw new SettingsError([
      `${name}: is neither a PEM or JWK nor a readable file (${REASONS[code] ?? code})`,
    ]);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'no read permission',
  EISDIR: 'it is a directory',
  ENAMETOOLONG: 'it is too long for a path; maybe a truncated key',
};

const unquoted = (text: string): string =>
  text
    .trim()
    .replace(/^(["'])([^]*)\1$/, '$2')
    .trim();
