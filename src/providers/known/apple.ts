import { createPrivateKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { epochSeconds } from '../../clock.js';
import { SettingsError } from '../../config/check.js';
import { type ProviderSettings, providerVariable } from '../../config/provider-settings.js';
import { readKeyText } from '../../keys/key-text.js';
import { signerOf } from '../../tokens/jwt.js';
import { addressIn } from '../address-in.js';
import { nameIn } from '../name-in.js';
import type { ProviderKind, ProviderNotice } from '../provider.js';
import { openid } from './openid.js';

const APPLE = 'https://appleid.apple.com';

/** Apple accepts up to six months. A secret is made for each request. **Unit** seconds. */
const SECRET_LIFETIME = 300;

/** What the form has beside the code, at the first sign-in. Nobody has signed it, so its address counts for nothing. */
const user = z.object({
  name: z.object({ firstName: z.string().optional(), lastName: z.string().optional() }).optional(),
});

const happening = z.object({
  type: z.string(),
  sub: z.string().min(1),
  email: z.unknown().optional(),
  is_private_email: z.unknown().optional(),
  event_time: z.number().positive(),
});

const KINDS: Readonly<Partial<Record<string, ProviderNotice['kind']>>> = {
  'consent-revoked': 'revoked',
  'account-delete': 'deleted',
  'account-deleted': 'deleted',
  'email-disabled': 'email_disabled',
  'email-enabled': 'email_enabled',
};

/** Apple documents seconds, and has been seen to send milliseconds. */
const timeOf = (time: number): Date => new Date(time < 1e11 ? time * 1000 : time);

/**
 * Apple: OpenID, with a client secret that is a JWT signed with a key of the developer's. With a scope, it returns by a
 * form, to which browsers add only cookies with SameSite=None. It says the name once, when the user first consents.
 *
 * **Source** developer.apple.com: Creating a client secret; Authenticating users with Sign in with Apple; Request an
 * authorization to the Sign in with Apple server.
 */
export const apple: ProviderKind = {
  ...openid,
  name: 'Apple',
  issuer: APPLE,
  scopes: 'openid email name',
  responseMode: 'form_post',
  // It knows neither `prompt` nor `max_age`, and asks its user every time.
  reauthentication: {},
  clientSecret(settings) {
    const { teamId: iss, keyId: kid, clientId: sub } = settings;
    const sign = signerOf(privateKeyOf(settings), { alg: 'ES256', kid });
    return (now) => {
      const iat = epochSeconds(now);
      return sign({ iss, iat, exp: iat + SECRET_LIFETIME, aud: APPLE, sub });
    };
  },
  notice(claims) {
    // Apple sends JSON as text; its documentation shows an object.
    const { events } = claims;
    const event = happening.parse(typeof events === 'string' ? JSON.parse(events) : events);
    const kind = KINDS[event.type];
    if (!kind) return undefined;
    const isRelay = event.is_private_email === true || event.is_private_email === 'true';
    const email = isRelay ? addressIn(event.email) : undefined;
    return { kind, subject: event.sub, email, at: timeOf(event.event_time) };
  },
  async read(answers, issuer) {
    const account = await openid.read(answers, issuer);
    return { ...account, name: account.name ?? nameOf(answers.returned?.get('user')) };
  },
};

/** @throws {SettingsError} */
function privateKeyOf({ id, privateKey = '' }: ProviderSettings): KeyObject {
  const variable = providerVariable(id, 'privateKey');
  const text = readKeyText(variable, privateKey);
  let key: KeyObject | undefined;
  try {
    key = text.startsWith('{')
      ? createPrivateKey({ key: z.record(z.string(), z.string()).parse(JSON.parse(text)), format: 'jwk' })
      : createPrivateKey(text);
  } catch {
    // Said below.
  }
  if (key?.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key;
  throw new SettingsError([`${variable}: is not a private key for ES256, as in the .p8 file from Apple`]);
}

function nameOf(form: string | null | undefined): string | undefined {
  if (!form) return undefined;
  try {
    const { name } = user.parse(JSON.parse(form));
    return nameIn([name?.firstName, name?.lastName].filter(Boolean).join(' '));
  } catch {
    // A form that anybody can change; there is no name in it.
    return undefined;
  }
}
