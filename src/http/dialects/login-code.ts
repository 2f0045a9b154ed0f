import { z } from 'zod';
import type { Options } from '../../config/options.js';
import { emailField, sessionFields, textField } from '../fields.js';
import type { PendingCode } from '../pending-sign-in.js';

const loginToken = textField(512).optional();

export const loginCodeRequest = z
  .object({ email: emailField, ...sessionFields, login_token: loginToken })
  .transform(({ login_token, ...input }) => ({ ...input, loginToken: login_token }))
  .meta({ id: 'LoginCodeRequest', examples: [{ email: 'ada@example.com' }] });

export const loginCodeForm = z
  .object({ code: textField(40).optional(), key: textField(512).optional(), login_token: loginToken })
  .transform(({ login_token, ...input }, context) => {
    if (input.code === undefined && input.key === undefined)
      context.addIssue({ code: 'custom', message: 'This field is required.', path: ['code'] });
    return { ...input, loginToken: login_token };
  })
  .meta({ id: 'LoginCode', examples: [{ code: '28708245' }] });

export const pendingCode = z
  .object({
    detail: z.string(),
    login_token: z.string().optional().meta({ description: 'Only with `REFRESH_TOKEN_IN=body` or `both`.' }),
  })
  .meta({ id: 'PendingLoginCode' });

export const CODE_SENT = 'If the address has an account, an email with a code is on its way.';

export const showPendingCode = (
  { loginToken: token }: PendingCode,
  { refreshTokenIn }: Options,
): z.infer<typeof pendingCode> => ({
  detail: CODE_SENT,
  ...(refreshTokenIn !== 'cookie' && { login_token: token }),
});

export const shownCode = z.object({ code: z.string() }).meta({ id: 'ShownLoginCode' });
