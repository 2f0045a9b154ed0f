import { Factors } from '../../src/mfa/factors.js';
import { TotpSecrets } from '../../src/mfa/totp-secrets.js';
import { UserIds } from '../../src/users/user-ids.js';
import { Users } from '../../src/users/users.js';
import type { TestApp } from './app.js';
import { readPart } from './jwt.js';
import { codeOf } from './totp.js';

const CALLER = { ip: null, userAgent: null, requestId: null, isConnected: () => true };

/**
 * Gives a signed-in user an authenticator app, whose session has proved it then, past the wire of any dialect.
 *
 * @returns a function that gives a code that was not used yet.
 */
export async function addTotp(
  { app, clock }: Pick<TestApp, 'app' | 'clock'>,
  accessToken: string,
): Promise<() => string> {
  const { sid, sub, user_id: id = sub } = readPart(accessToken, 1) as Record<string, string>;
  const userId = (await app.get(UserIds, { strict: false }).find(id ?? '')) ?? 0;
  const sessionId = sid ?? '';
  const user = await app.get(Users, { strict: false }).findById(userId);
  if (!user) throw new TypeError('there is no such user');
  const secrets = app.get(TotpSecrets, { strict: false });
  const { secret } = await secrets.begin(`session ${sessionId}`, user);
  let used = 0;
  const next = () => {
    // Of the next step, if that of this one has been used: a verifier takes both.
    used = Math.max(used + 1, Math.floor(clock.now().getTime() / 30_000));
    return codeOf(secret, new Date(used * 30_000));
  };
  const confirmed = await secrets.confirm(`session ${sessionId}`, userId, next());
  if (!confirmed) throw new TypeError('the code was wrong');
  await app.get(Factors, { strict: false }).add(confirmed.keep, {
    user,
    session: { userId, sessionId },
    type: 'totp',
    methods: ['otp'],
    caller: CALLER,
  });
  return next;
}
