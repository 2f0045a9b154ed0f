import { z } from 'zod';
import { emailField, passwordField, textField } from '../http/fields.js';
import type { Account } from '../users/users.js';

export const credentialsSchema = z.object({ email: emailField, password: passwordField }).meta({
  id: 'Credentials',
  examples: [{ email: 'ada@example.com', password: 'correct horse battery staple' }],
});

export const tokenSchema = z.object({ token: textField(8192) }).meta({ id: 'TokenToVerify' });

export const refreshBodySchema = z
  .object({
    refresh: z.string().max(8192).optional().meta({ description: 'Only for clients without cookies.' }),
    refresh_token: z.string().max(8192).optional(),
  })
  .meta({ id: 'RefreshToken' });

export const userSchema = z
  .object({
    id: z.int(),
    email: z.string(),
    email_verified: z.boolean(),
    roles: z.array(z.string()),
    locale: z.string().nullable(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'User' });

const tokenFields = {
  access_token: z.string().meta({ description: 'A JWT. Keep it in a private variable, never in storage.' }),
  token_type: z.string(),
  expires_in: z.int().meta({ description: 'Life of the access token in seconds.' }),
  refresh_token: z.string().optional().meta({ description: 'Only with `REFRESH_TOKEN_IN=body` or `both`.' }),
};

export const tokensSchema = z.object(tokenFields).meta({ id: 'Tokens' });
export const tokensAndUserSchema = z
  .object({ ...tokenFields, user: userSchema })
  .meta({ id: 'TokensAndUser' });

export const verifiedSchema = z
  .object({ token_type: z.enum(['access', 'refresh']), expires_at: z.iso.datetime() })
  .meta({ id: 'VerifiedToken' });

export const currentSessionSchema = z
  .object({
    user: z.object({ id: z.int() }),
    session: z.object({ id: z.uuid() }),
    roles: z.array(z.string()),
    expires_at: z.iso.datetime(),
  })
  .meta({ id: 'CurrentSession' });

export const sessionsSchema = z.array(
  z
    .object({
      id: z.uuid(),
      current: z.boolean(),
      device: z.string().nullable(),
      ip: z.string().nullable(),
      created_at: z.iso.datetime(),
      last_used_at: z.iso.datetime().meta({ description: 'To the quarter of an hour.' }),
    })
    .meta({ id: 'Session' }),
);

/** An account as its owner sees it. */
export const showUser = (user: Omit<Account, 'passwordHash'>): z.infer<typeof userSchema> => ({
  id: user.id,
  email: user.email,
  email_verified: user.emailVerified,
  roles: user.roles,
  locale: user.locale,
  created_at: user.createdAt.toISOString(),
});
