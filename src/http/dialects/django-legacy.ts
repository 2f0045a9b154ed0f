import { z } from 'zod';
import type { Options } from '../../config/options.js';
import type { TokensAndUser } from '../payloads.js';
import { type Dialect, refreshedWith } from './dialect.js';
import { django, introduced, VERIFICATION_SENT } from './django.js';
import { showUser, user } from './django-names.js';
import { orEphemeral } from './django-pending.js';
import { codesField, showCodes } from './standard-factors.js';
import { registered } from './standard-emails.js';

const expirations = {
  access_token_expiration: z.iso.datetime().optional(),
  refresh_token_expiration: z.iso.datetime().optional(),
};
const jwt = z
  .object({
    access_token: z.string(),
    refresh_token: z.string(),
    user,
    ...expirations,
  })
  .meta({ id: 'JWT' });
const showJwt = (result: TokensAndUser, options: Options) => ({
  access_token: result.accessToken,
  refresh_token: result.refreshToken ?? '',
  user: showUser(result.user, options),
  ...showExpirations(result, options, true),
});
const showExpirations = (
  { accessExpiresAt, refreshExpiresAt }: TokensAndUser,
  { returnExpiration }: Options,
  hasRefreshToken: boolean,
) =>
  returnExpiration && {
    access_token_expiration: accessExpiresAt.toISOString(),
    ...(hasRefreshToken && { refresh_token_expiration: refreshExpiresAt.toISOString() }),
  };

const jwtAndCodes = jwt.extend(codesField).meta({ id: 'JWTAndCodes' });
const showJwtAndCodes = (result: TokensAndUser, options: Options) => ({
  ...showJwt(result, options),
  ...showCodes(result),
});

/** The refresh view was always simplejwt's, so it keeps simplejwt's names; only the added fields have the old names. */
const refreshed = z
  .object({ access: z.string(), refresh: z.string().optional(), ...expirations })
  .meta({ id: 'RefreshedTokens' });
const showRefreshed = (result: TokensAndUser, options: Options): z.infer<typeof refreshed> => ({
  access: result.accessToken,
  ...(result.refreshToken !== undefined && { refresh: result.refreshToken }),
  ...showExpirations(result, options, result.refreshToken !== undefined),
});

const { login, passkeyLogin, verifySecondFactor, register, refreshToken } = django.operations;
const { acceptInvitation, confirmLoginCode, socialLogin, socialConnect } = django.operations;
const signIn = orEphemeral(jwt, showJwt);

/** Like {@link django}, with the names used by dj-rest-auth before version 4. */
export const djangoLegacy: Dialect = {
  ...django,
  introduction: introduced('as djangorestframework-simplejwt does, and as dj-rest-auth did before version 4'),
  operations: {
    ...django.operations,
    ...(refreshToken && { refreshToken: { ...refreshToken, ...refreshedWith(refreshed, showRefreshed) } }),
    ...(login && { login: { ...login, ...signIn } }),
    ...(passkeyLogin && { passkeyLogin: { ...passkeyLogin, ...signIn } }),
    ...(confirmLoginCode && { confirmLoginCode: { ...confirmLoginCode, ...signIn } }),
    ...(acceptInvitation && { acceptInvitation: { ...acceptInvitation, ...signIn } }),
    ...(socialLogin && { socialLogin: { ...socialLogin, ...signIn } }),
    ...(socialConnect && { socialConnect: { ...socialConnect, shape: jwt, gives: showJwt } }),
    ...(verifySecondFactor && {
      verifySecondFactor: { ...verifySecondFactor, ...orEphemeral(jwtAndCodes, showJwtAndCodes) },
    }),
    ...(register && { register: { ...register, ...registered(VERIFICATION_SENT, signIn) } }),
  },
};
