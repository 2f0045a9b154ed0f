import { fromBase64, toUnpadded } from './encoding.js';
import { hasGoodLength, LEAST, LONGEST_SALT, MALFORMED, MOST_ARGON2, TOO_COSTLY } from './limits.js';
import { argon2 } from './natives.js';

/** As the library numbers them. */
const KINDS = { d: 0, i: 1, id: 2 };

/** **Source** PHC string format; RFC 9106 for the versions 0x13 and, before it and where none is named, 0x10. */
const SHAPE = /^(argon2)?\$argon2(id|i|d)(\$v=(19|16))?\$m=(\d+),t=(\d+),p=(\d+)\$([^$]+)\$([^$]+)$/;

/** Argon2 of each kind, as a PHC string. **Shape** with the word `argon2` before it, as Django writes it, or without. */
export function parseArgon2(stored) {
  const [, prefix = '', kind, versionText = '', version, m, t, p, salt, digest] = SHAPE.exec(stored) ?? [];
  const [saltBytes, bytes] = [salt, digest].map((each) => each && fromBase64(each));
  const [memoryCost, timeCost, parallelism] = [m, t, p].map(Number);
  if (!saltBytes || !bytes || !hasGoodLength(bytes) || saltBytes.length < 8) return MALFORMED;
  if (!(timeCost >= 1 && parallelism >= 1 && memoryCost >= 8 * parallelism)) return MALFORMED;
  const isTooCostly =
    memoryCost > MOST_ARGON2.memory ||
    timeCost > MOST_ARGON2.passes ||
    parallelism > MOST_ARGON2.lanes ||
    memoryCost * timeCost > MOST_ARGON2.work ||
    saltBytes.length > LONGEST_SALT;
  if (isTooCostly) return TOO_COSTLY;
  const settings = {
    algorithm: KINDS[kind],
    version: version === '19' ? 1 : 0,
    ...{ memoryCost, timeCost, parallelism, salt: saltBytes, outputLen: bytes.length },
  };
  return {
    format: prefix ? 'django argon2' : `argon2${kind}`,
    cost: `${m} ${t} ${p}`,
    isWeak: memoryCost * timeCost < LEAST.argon2Work,
    digest: bytes,
    derive: (password) => argon2().hashRawSync(password, settings),
    encode: (other) =>
      `${prefix}$argon2${kind}${versionText}$m=${m},t=${t},p=${p}$${salt}$${toUnpadded(other)}`,
  };
}
