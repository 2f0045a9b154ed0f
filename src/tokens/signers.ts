import { signerOf } from './jwt.js';
import type { SigningKey } from './key-ring.js';

type Signer = (claims: object) => string;

/** Makes the function that signs with a key, once for each key. @param typ what the header of the tokens says. */
export function signersFor(typ: string): (key: SigningKey) => Signer {
  const known = new WeakMap<SigningKey, Signer>();
  return (key) => {
    const { privateKey, algorithm, kid } = key;
    const signer = known.get(key) ?? signerOf(privateKey, { alg: algorithm, typ, ...(kid && { kid }) });
    known.set(key, signer);
    return signer;
  };
}
