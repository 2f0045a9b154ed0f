import { z } from 'zod';
import type { Options } from '../../config/options.js';
import { emailField, sessionFields, textField } from '../fields.js';
import type { LoginCodeInput, LoginCodeRequest, PendingCode } from '../pending-sign-in.js';
import { keyForm } from './standard-emails.js';

/** What a dialect calls the secret of a login that lacks a step. */
export type TokenName = 'login_token' | 'ephemeral_token';

const tokenField = textField(512).optional();

const requestWith = (name: TokenName) =>
  z
    .object({ email: emailField, ...sessionFields, [name]: tokenField })
    .transform((body): LoginCodeRequest => {
      const { email, remember, scope, [name]: loginToken } = body as Record<string, unknown>;
      return { email, remember, scope, loginToken } as LoginCodeRequest;
    })
    .meta({ id: 'LoginCodeRequest', examples: [{ email: 'ada@example.com' }] });

const formWith = (name: TokenName) =>
  z
    .object({ code: textField(40).optional(), key: textField(512).optional(), [name]: tokenField })
    .transform((body, context): LoginCodeInput => {
      const { code, key, [name]: loginToken } = body as Record<string, string | undefined>;
      if (code === undefined && key === undefined)
        context.addIssue({ code: 'custom', message: 'This field is required.', path: ['code'] });
      return { code, key, loginToken };
    })
    .meta({ id: 'LoginCode', examples: [{ code: '28708245' }] });

/** A sentence, and the secret to go on with. @param isShown whether it is in the body, not only in the cookie. */
export const pendingCodeAs = (
  name: TokenName,
  sentence: string,
  isShown: (options: Options) => boolean,
  description: string,
) => ({
  status: 200,
  shape: z
    .object({ detail: z.string(), [name]: z.string().optional().meta({ description }) })
    .meta({ id: 'PendingLoginCode' }),
  gives: ({ loginToken }: PendingCode, options: Options) => ({
    detail: sentence,
    ...(isShown(options) && { [name]: loginToken }),
  }),
  description: sentence,
});

const CODE_SENT = 'If the address has an account, an email with a code is on its way.';

const shownCode = z.object({ code: z.string() }).meta({ id: 'ShownLoginCode' });

/** The operations on emailed codes, but for what `confirmLoginCode` answers. */
export const loginCodeOperations = (
  name: TokenName,
  isShown: (options: Options) => boolean,
  description: string,
) => ({
  requestLoginCode: {
    takes: requestWith(name),
    ...pendingCodeAs(name, CODE_SENT, isShown, description),
  },
  confirmLoginCode: { takes: formWith(name), status: 200, description: 'As a login.' },
  showLoginCode: {
    takes: keyForm,
    status: 200,
    shape: shownCode,
    gives: ({ code }: { code: string }) => ({ code }),
    description: 'The code.',
  },
});
