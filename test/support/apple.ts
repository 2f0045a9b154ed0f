import { createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import type { Browser } from './browser.js';
import type { Answer } from './browser.js';
import { PUBLIC_URL, start } from './providers.js';
import type { StandIn } from './stand-in-provider.js';

export const APPLE = 'https://appleid.apple.com';

/** As in the developer account. */
export const APPLE_CLIENT = { clientId: 'com.example.web', teamId: 'DEF123GHIJ', keyId: 'ABC123DEFG' };

const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');

/** Somebody at Apple, as its ID tokens tell. */
export interface AppleUser {
  sub: string;
  email?: string;
  email_verified?: boolean | string;
  is_private_email?: boolean | string;
}

/** Apple, with answers in the shapes that it documents. Not live. */
export class Apple {
  /** Signs ID tokens and notifications. */
  readonly key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  /** Of the developer: the `.p8` file. */
  readonly developerKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

  /** The library for browsers looks at the clock of the machine. **Unit** seconds since 1970. */
  now = () => Math.floor(Date.now() / 1000);

  constructor(private readonly standIn: StandIn) {
    const place = '/appleid.apple.com';
    standIn.replies.set(`${place}/.well-known/openid-configuration`, {
      json: {
        issuer: APPLE,
        authorization_endpoint: `${APPLE}/auth/authorize`,
        token_endpoint: `${APPLE}/auth/token`,
        revocation_endpoint: `${APPLE}/auth/revoke`,
        jwks_uri: `${APPLE}/auth/keys`,
        response_types_supported: ['code'],
        response_modes_supported: ['query', 'fragment', 'form_post'],
        subject_types_supported: ['pairwise'],
        id_token_signing_alg_values_supported: ['RS256'],
        scopes_supported: ['openid', 'email', 'name'],
        token_endpoint_auth_methods_supported: ['client_secret_post'],
      },
    });
    const { kty, n, e } = createPublicKey(this.key).export({ format: 'jwk' });
    standIn.replies.set(`${place}/auth/keys`, {
      json: { keys: [{ kty, kid: 'W6WcOKB', use: 'sig', alg: 'RS256', n, e }] },
    });
  }

  get privateKey(): string {
    return this.developerKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  }

  /** A JWT of Apple's. */
  sign(
    claims: object,
    { key = this.key, ...header }: { key?: KeyObject; [name: string]: unknown } = {},
  ): string {
    const input = `${encode({ kid: 'W6WcOKB', alg: 'RS256', ...header })}.${encode(claims)}`;
    return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`;
  }

  idToken(user: AppleUser, nonce: string, more: object = {}): string {
    const now = this.now();
    const times = { exp: now + 86_400, iat: now, auth_time: now };
    const { clientId } = APPLE_CLIENT;
    const claims = { iss: APPLE, aud: clientId, ...times, ...user, nonce, nonce_supported: true };
    return this.sign({ ...claims, ...more });
  }

  /** What it answers to the next code. */
  answer(user: AppleUser, nonce: string): void {
    this.standIn.replies.set('/appleid.apple.com/auth/token', {
      json: {
        access_token: 'adg61a67.0.rrwtp.k-example',
        token_type: 'Bearer',
        expires_in: 3600,
        refresh_token: 'rca7.0.rrwtp.example',
        id_token: this.idToken(user, nonce),
      },
    });
  }

  /** The client secrets that were sent to it, with whether the developer has signed them. */
  get clientSecrets(): { header: object; claims: Record<string, unknown>; isSigned: boolean }[] {
    return this.standIn.asked
      .filter(({ path }) => path.endsWith('/auth/token'))
      .map(({ form }) => {
        const [header = '', claims = '', signature = ''] = (form.get('client_secret') ?? '').split('.');
        const read = (part: string) =>
          JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
        const key = { key: createPublicKey(this.developerKey), dsaEncoding: 'ieee-p1363' } as const;
        const input = Buffer.from(`${header}.${claims}`);
        const isSigned = verify('sha256', input, key, Buffer.from(signature, 'base64url'));
        return { header: read(header), claims: read(claims), isSigned };
      });
  }

  /**
   * Goes to Apple, signs in there, and comes back by Apple's form, with the cookies that browsers add to a form of
   * another site: only those with SameSite=None.
   */
  async through(
    browser: Browser,
    user: AppleUser,
    { form = {}, ...more }: { form?: Record<string, string>; [name: string]: unknown } = {},
  ): Promise<Answer> {
    const { searchParams } = new URL(await start(browser, 'apple', more));
    this.answer(user, searchParams.get('nonce') ?? '');
    return this.comeBack(browser, {
      code: 'c1234.0.rrwtp.x',
      state: searchParams.get('state') ?? '',
      ...form,
    });
  }

  async comeBack(browser: Browser, form: Record<string, string>): Promise<Answer> {
    const { pathname } = new URL(`${PUBLIC_URL}/auth/providers/apple/callback`);
    const secure = browser.base.replace('http:', 'https:') + pathname;
    const cookie = await browser.jar.getCookieString(secure, { sameSiteContext: 'none' });
    const headers = { origin: APPLE, 'sec-fetch-site': 'cross-site' };
    return browser.send('POST', pathname, { form, cookie, headers });
  }
}

/** What the form has when its user has consented for the first time. */
export const firstTime = (firstName: string, lastName: string, email = 'somebody@example.com') => ({
  user: JSON.stringify({ name: { firstName, lastName }, email }),
});
