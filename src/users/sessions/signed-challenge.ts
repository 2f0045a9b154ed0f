import { z } from 'zod';

/** The library, loaded with the first bound session. */
const library = () => import('jose');

/** The only algorithm: whatever a signed says of itself, it is verified as this. */
const ALGORITHMS = ['ES256'];
const MOST_CHARACTERS = 4096;

/** What is kept of a key. A coordinate of P-256 has 32 bytes. **Source** RFC 7518 §6.2.1. */
const publicKey = z.object({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string().regex(/^[\w-]{43}$/),
  y: z.string().regex(/^[\w-]{43}$/),
});
type PublicKey = z.infer<typeof publicKey>;

const head = z.object({ typ: z.literal('dbsc+jwt'), jwk: publicKey.optional() });
/** The challenge. */
const claims = z.object({ jti: z.string().max(200) });

/** A device that shows its key. */
export interface ShownKey {
  /** **Shape** JSON of the public key; see `Session.boundJwk`. */
  jwk: string;
  challenge: string;
}

/**
 * Reads what binds a session: a JWT, signed with the key in its head.
 *
 * @param signed the header `Secure-Session-Response`. @returns undefined for anything else.
 * **Source** Device Bound Session Credentials (W3C working draft), §8; RFC 8725 §3.1.
 */
export async function shownKeyIn(signed: string): Promise<ShownKey | undefined> {
  const jwk = (await headOf(signed))?.jwk;
  const challenge = jwk && (await verified(signed, jwk));
  return challenge === undefined ? undefined : { jwk: JSON.stringify(jwk), challenge };
}

/** The challenge that a device has signed with its key; undefined if it has not. */
export const challengeSignedBy = async (jwk: string, signed: string): Promise<string | undefined> =>
  (await headOf(signed)) && verified(signed, publicKey.parse(JSON.parse(jwk)));

async function headOf(signed: string): Promise<z.infer<typeof head> | undefined> {
  if (signed.length > MOST_CHARACTERS) return undefined;
  const { decodeProtectedHeader } = await library();
  try {
    return head.safeParse(decodeProtectedHeader(tokenIn(signed))).data;
  } catch {
    // A stranger's text: it fails in whatever way its parts do.
    return undefined;
  }
}

async function verified(signed: string, jwk: PublicKey): Promise<string | undefined> {
  const { compactVerify } = await library();
  try {
    const { payload } = await compactVerify(tokenIn(signed), jwk, { algorithms: ALGORITHMS });
    return claims.safeParse(JSON.parse(Buffer.from(payload).toString())).data?.jti;
  } catch {
    // Also a key that is no point of the curve, which the platform refuses in words of its own.
    return undefined;
  }
}

/** The draft has it as a string of a structured header, and Chromium sends it without quotes. */
const tokenIn = (signed: string): string => signed.trim().replace(/^"(.*)"$/, '$1');
