import type * as openid from 'openid-client';
import type { ClientAuth } from 'openid-client';
import type { ProviderSettings } from '../config/provider-settings.js';
import type { ProviderAnswers } from './provider.js';

/**
 * How we authenticate to a provider: as the settings say, otherwise what it supports; where it does not say, as OpenID has
 * it by default.
 *
 * @param secretOfNow some are signed, and expire. @param isOpenId otherwise, no default is known.
 */
export const authenticationBy =
  (
    { ClientSecretBasic, ClientSecretPost, None }: typeof openid,
    { authMethod }: Pick<ProviderSettings, 'authMethod'>,
    secretOfNow: () => string | undefined,
    isOpenId: boolean,
  ): ClientAuth =>
  (server, ...request) => {
    const secret = secretOfNow();
    if (secret === undefined || authMethod === 'none') return None()(server, ...request);
    const isPost = server.token_endpoint_auth_methods_supported?.includes('client_secret_post') ?? false;
    const method = authMethod ?? (isPost || !isOpenId ? 'client_secret_post' : 'client_secret_basic');
    const authenticate = method === 'client_secret_post' ? ClientSecretPost : ClientSecretBasic;
    authenticate(secret)(server, ...request);
  };

/** A provider may do without, or be wrong about what is a factor, so that only counts what a setting trusts. */
export function isMultiFactor(
  claims: ProviderAnswers['claims'],
  { trustedAmr = [] }: Pick<ProviderSettings, 'trustedAmr'>,
): boolean {
  const { amr } = claims ?? {};
  return Array.isArray(amr) && amr.some((each) => trustedAmr.includes(String(each)));
}
