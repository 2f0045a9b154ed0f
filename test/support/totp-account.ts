import { createHmac } from 'node:crypto';
import { Factors } from '../../src/mfa/factors.js';
import { TotpSecrets } from '../../src/mfa/totp-secrets.js';
import { Users } from '../../src/users/users.js';
import type { TestApp } from './app.js';
import { readPart } from './jwt.js';

const CALLER = { ip: null, userAgent: null, requestId: null, isConnected: () => true };

/**
 * Gives a signed-in user an authenticator app, whose session has proved it then.
 *
 * @returns a function that gives a code that was not used yet.
 */
export async function withTotp(
  { app, clock }: Pick<TestApp, 'app' | 'clock'>,
  accessToken: string,
): Promise<() => string> {
  const { sid, sub, user_id: id = sub } = readPart(accessToken, 1) as Record<string, string>;
  const [userId, sessionId] = [Number(id), sid ?? ''];
  const user = await app.get(Users, { strict: false }).findById(userId);
  if (!user) throw new TypeError('there is no such user');
  const secrets = app.get(TotpSecrets, { strict: false });
  const { secret } = await secrets.begin(`session ${sessionId}`, user);
  let used = 0;
  const codeOf = () => {
    // Of the next step, if that of this one has been used: a verifier takes both.
    used = Math.max(used + 1, Math.floor(clock.now().getTime() / 30_000));
    return totp(secret, used);
  };
  const confirmed = await secrets.confirm(`session ${sessionId}`, userId, codeOf());
  if (!confirmed) throw new TypeError('the code was wrong');
  await app.get(Factors, { strict: false }).add(confirmed.keep, {
    user,
    session: { userId, sessionId },
    type: 'totp',
    methods: ['otp'],
    caller: CALLER,
  });
  return codeOf;
}

/** **Source** RFC 4226 §5.3, RFC 6238 §4. */
function totp(secret: string, step: number): string {
  const bits = [...secret].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2));
  const text = bits.map((five) => five.padStart(5, '0')).join('');
  const key = Buffer.from((text.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const digest = createHmac('sha1', key).update(counter).digest();
  const at = (digest.at(-1) ?? 0) & 15;
  return String((digest.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}
