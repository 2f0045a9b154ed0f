import { createHash, randomBytes, randomInt } from 'node:crypto';
import { ROUTES } from '../../src/http/operations.js';
import { operationNamed } from '../support/operations.js';
import { LoginCodes } from '../../src/auth/login-codes.js';
import { OPTIONS, type Options } from '../../src/config/options.js';
import { Authenticator } from '../support/authenticator.js';
import { PasskeyWire } from '../support/passkeys.js';
import { readPart } from '../support/jwt.js';
import { codeOf } from '../support/totp.js';
import { APPLE, APPLE_CLIENT } from '../support/apple.js';
import { PASSWORD, uniqueEmail } from '../support/app.js';
import { type Conversation, NATIVE_RETURN_TO, type SignedIn } from './conversation.js';

/** What a request about second factors, passkeys or emailed codes needs to succeed: fields of its body, and the id in its path. */
export interface Prepared {
  fields: Record<string, string>;
  id?: string;
  /** Of paths with several. */
  params?: Record<string, string>;
}

type Setup = Record<string, string | undefined> & { result?: Record<string, string> };

/** Brings an account to where such an operation succeeds. */
export async function prepared(talk: Conversation, id: string, user: SignedIn): Promise<Prepared> {
  const account = new Account(talk, user);
  switch (operationNamed(id)) {
    case 'verifySecondFactor': {
      const secret = await account.withTotp();
      const begun = await account.begin();
      return { fields: { ...begun, code: account.code(secret) } };
    }
    case 'showPendingLogin':
      await account.withTotp();
      return { fields: await account.begin() };
    case 'confirmLoginCode': {
      const { code, begun } = await account.emailed();
      return { fields: { code, ...begun } };
    }
    case 'showLoginCode':
      return { fields: { key: (await account.emailed()).key } };
    case 'setUpLoginFactor':
      await account.isAdmin();
      return { fields: await account.begin() };
    case 'confirmTotp':
    case 'activateTotp': {
      const { secret, setupId } = await account.setUp();
      return { fields: { code: account.code(secret), ...(setupId && { activation_token: setupId }) } };
    }
    case 'deactivateTotp':
      return { fields: { code: account.code(await account.withTotp()) } };
    case 'addPasskey':
      return { fields: { credential: JSON.stringify(await account.newPasskey()) } };
    case 'passkeyLogin':
      return { fields: await account.answers() };
    case 'reauthenticationOptions':
      await account.withPasskey();
      return { fields: {} };
    case 'getPasskey':
    case 'renamePasskey':
    case 'removePasskey':
      return { fields: {}, id: await account.withPasskey() };
    case 'replaceRecoveryCodes':
    case 'regenerateRecoveryCodes':
      await account.withTotp();
      return { fields: {} };
    case 'renameFactor':
    case 'removeFactor':
      await account.withTotp();
      return { fields: {}, id: await account.idIn('factors') };
    case 'removeTrustedDevice':
      return { fields: {}, id: await account.trusts() };
    case 'revokeKey':
      return { fields: {}, id: await account.withKey() };
    case 'revokeInvitation':
      return { fields: {}, id: await account.invites() };
    case 'removeUserFactor':
      await account.withTotp();
      return { fields: {}, params: { id: account.userId, fid: await account.idIn('factors') } };
    case 'endUserSession':
      return { fields: {}, params: { id: account.userId, sid: account.sessionId } };
    case 'deleteWebhook':
    case 'listWebhookDeliveries':
    case 'replayWebhookDelivery':
      return { fields: {}, params: await account.toldByWebhook() };
    case 'makePasswordLink':
      return { fields: {}, id: await account.knowsSomebodyWithoutAddress() };
    case 'setRole':
    case 'deleteRole':
      return { fields: {}, params: { name: await account.newRole() } };
    case 'startProvider':
      return { fields: { purpose: 'link' } };
    case 'requestIdentityCode':
      await account.awaitsAddress();
      return { fields: {} };
    case 'removeIdentity':
      return { fields: {}, id: await account.withIdentity() };
    case 'disconnectSocialAccount':
      return { fields: {}, id: await account.withIdentity() };
    case 'socialLogin':
      return { fields: await account.returned('beginSocialLogin') };
    case 'socialConnect':
      return { fields: await account.returned('beginSocialConnect') };
    case 'idTokenLogin':
      return { fields: await account.idToken() };
    case 'providerCodeLogin':
      return { fields: await account.providerCode() };
    case 'providerNotification':
      return { fields: { payload: account.notification() } };
    case 'cancelFactorReset':
      await account.isReset();
      return { fields: {} };
    default:
      return { fields: {}, ...(isAboutUsers(id) && { id: account.userId }) };
  }
}

/** Whether administrators do it to the account of somebody else. */
const isAboutUsers = (id: string): boolean =>
  ROUTES.some((each) => each.id === id && each.route.includes('/admin/users/:id'));

class Account {
  private readonly authenticator = new Authenticator();
  private readonly passkeys: PasskeyWire;

  constructor(
    private readonly talk: Conversation,
    private readonly user: SignedIn,
  ) {
    this.passkeys = new PasskeyWire(talk.app.app.get<Options>(OPTIONS));
  }

  get userId(): string {
    return this.claim('sub') || this.claim('user_id');
  }

  get sessionId(): string {
    return this.claim('sid');
  }

  private claim(name: string): string {
    const value = readPart(this.user.accessToken ?? '', 1)[name];
    return typeof value === 'string' ? value : '';
  }

  /** @returns the ID of an invitation. */
  async invites(): Promise<string> {
    const [row] = await this.talk.app.sql<{ id: string }>(
      `INSERT INTO tokenjar.invitations (id, email, is_queued, created_at, expires_at)
        VALUES (gen_random_uuid(), $1, true, now(), now() + interval '1 year') RETURNING id`,
      [uniqueEmail()],
    );
    return row?.id ?? '';
  }

  /** @returns the IDs of a webhook, and of a delivery to it. */
  async toldByWebhook(): Promise<{ id: string; did: string }> {
    const [row] = await this.talk.app.sql<{ id: string; did: string }>(
      `WITH endpoint AS (
          INSERT INTO tokenjar.webhook_endpoints (id, url, sealed_secret, created_at, after_batch)
          VALUES (gen_random_uuid(), 'https://example.com/hook', '', now(), 0) RETURNING id
        )
        INSERT INTO tokenjar.webhook_deliveries (id, endpoint_id, event_id, event, payload, created_at, due_at, failed_at)
        SELECT gen_random_uuid(), id, 1, 'login', '{}', now(), now(), now() FROM endpoint
        RETURNING endpoint_id AS id, id AS did`,
    );
    return row ?? { id: '', did: '' };
  }

  async knowsSomebodyWithoutAddress(): Promise<string> {
    const [row] = await this.talk.app.sql<{ id: string; public_id: string }>(
      `INSERT INTO tokenjar.users (email, created_at) VALUES (NULL, now()) RETURNING id, public_id`,
    );
    return (this.talk.arePublicIds ? row?.public_id : row?.id) ?? '';
  }

  async newRole(): Promise<string> {
    const name = uniqueEmail();
    await this.talk.app.sql(`INSERT INTO tokenjar.roles (name) VALUES ($1)`, [name]);
    return name;
  }

  async withKey(): Promise<string> {
    const created = this.talk.named('createKey');
    const json = this.talk.bodyOf(created.operation, this.user);
    const { body } = await this.talk.send(this.user, created, { json });
    const { result, id } = body as { result?: { id: string }; id?: string };
    return result?.id ?? id ?? '';
  }

  code(secret: string): string {
    return codeOf(secret, this.talk.app.clock.now());
  }

  async setUp(): Promise<{ secret: string; setupId: string | undefined }> {
    const django = this.talk.operations.find(
      ({ operation }) => operation.operationId === 'beginTotpActivation',
    );
    const { body } = await this.talk.send(this.user, django ?? this.talk.named('setUpTotp'));
    const { result, secret, activation_token } = body as Setup;
    return { secret: result?.secret ?? secret ?? '', setupId: activation_token };
  }

  /** With an authenticator app, whose next code was not used yet. */
  async withTotp(): Promise<string> {
    const { secret } = await this.setUp();
    const confirm = this.talk.named('confirmTotp');
    await this.talk.send(this.user, confirm, { json: { code: this.code(secret) } });
    this.talk.app.clock.advance(30);
    await this.renewed();
    return secret;
  }

  /** Asks for a code. @returns what the email has, and the secret to go on with if it is in the body. */
  async emailed(): Promise<{ code: string; key: string; begun: Record<string, string> }> {
    const { app } = this.talk;
    const request = this.talk.named('requestLoginCode');
    const { body } = await this.talk.send(this.user, request, { json: { email: this.user.email } });
    const [row] = await app.sql<{ digest: Buffer }>(
      'SELECT digest FROM tokenjar.login_codes WHERE email = $1',
      [this.user.email],
    );
    const digest = row?.digest.toString('base64url') ?? '';
    const content = await app.app.get(LoginCodes, { strict: false }).contentOf(digest);
    if (!content) throw new Error('there is no code');
    const { login_token, ephemeral_token } = body as Record<string, string | undefined>;
    return {
      ...content,
      begun: { ...(login_token && { login_token }), ...(ephemeral_token && { ephemeral_token }) },
    };
  }

  /** Types the password. @returns the secret to go on with, under its name, if it is in the body. */
  async begin(): Promise<Record<string, string>> {
    const json = { email: this.user.email, password: PASSWORD };
    const { body } = await this.talk.send(this.user, this.talk.named('login'), { json });
    const { ephemeral_token, login_token } = body as Record<string, string | undefined>;
    return { ...(ephemeral_token && { ephemeral_token }), ...(login_token && { login_token }) };
  }

  async newPasskey(): Promise<Record<string, unknown>> {
    const { options } = await this.passkeys.creationOptions(this.user);
    return this.authenticator.create(options);
  }

  /** @returns the id of the factor. */
  async withPasskey(): Promise<string> {
    await this.passkeys.send(this.user, await this.newPasskey());
    await this.renewed();
    return this.idIn('factors');
  }

  /** To a challenge, with what goes back with the answer. */
  async answers(): Promise<Record<string, string>> {
    await this.withPasskey();
    const { options, token } = await this.passkeys.loginOptions(this.user);
    return {
      ...(token as Record<string, string>),
      credential: JSON.stringify(this.authenticator.get(options)),
    };
  }

  /** As somebody who came back from a provider without an address. */
  async awaitsAddress(): Promise<void> {
    const secret = randomBytes(32).toString('base64url');
    await this.talk.app.sql(
      `INSERT INTO tokenjar.pending_identities (digest, provider, issuer, subject, expires_at)
        VALUES ($1, 'github', 'https://github.com', $2, $3)`,
      [
        createHash('sha256').update(secret).digest(),
        secret,
        new Date(this.talk.app.clock.now().getTime() + 60_000),
      ],
    );
    await this.user.jar.setCookie(`pending_identity=${secret}; Path=/; HttpOnly`, this.talk.app.url);
  }

  /** What a provider gives to the page. */
  async returned(begin: string): Promise<Record<string, string>> {
    const { body } = await this.talk.send(this.user, this.talk.named(begin), { json: {} });
    const state = new URL(String(body.url)).searchParams.get('state') ?? '';
    return { code: String(randomInt(2 ** 40)), state };
  }

  /** As an app gets it from Google, for somebody who is new. */
  async idToken(): Promise<Record<string, string>> {
    const { body } = await this.talk.send(this.user, this.talk.named('createProviderNonce'));
    const { nonce } = (body.result ?? body) as { nonce: string };
    const iat = Math.floor(this.talk.app.clock.now().getTime() / 1000);
    const somebody = { sub: randomBytes(8).toString('hex'), email: uniqueEmail(), email_verified: true };
    const id_token = this.talk.signing.idTokenOfGoogle({ ...somebody, nonce, iat, exp: iat + 300 });
    return { id_token, nonce };
  }

  /** What an app gets from the system's browser, and its verifier. */
  async providerCode(): Promise<Record<string, string>> {
    const code_verifier = randomBytes(32).toString('base64url');
    const code_challenge = createHash('sha256').update(code_verifier).digest('base64url');
    const json = { return_to: NATIVE_RETURN_TO, purpose: 'login', code_challenge };
    const { body } = await this.talk.send(this.user, this.talk.named('startProvider'), { json });
    const { url } = (body.result ?? body) as { url: string };
    const query = new URLSearchParams({
      code: String(randomInt(2 ** 40)),
      state: new URL(url).searchParams.get('state') ?? '',
    });
    const { method, path } = this.talk.named('providerCallback');
    const at = `${path.replace('{provider}', 'github')}?${query.toString()}`;
    const { headers } = await this.talk.app.browser().send(method, at);
    const { hash } = new URL(headers.get('location') ?? '');
    return { code: new URLSearchParams(hash.slice(1)).get('code') ?? '', code_verifier };
  }

  /** Of Apple, about somebody whom nobody here knows. */
  notification(): string {
    const iat = Math.floor(this.talk.app.clock.now().getTime() / 1000);
    const events = { type: 'consent-revoked', sub: randomBytes(8).toString('hex'), event_time: iat * 1000 };
    const claims = { iss: APPLE, aud: APPLE_CLIENT.clientId, iat, exp: iat + 300, jti: String(iat) };
    return this.talk.signing.apple.sign({ ...claims, events: JSON.stringify(events) });
  }

  async withIdentity(): Promise<string> {
    const [row] = await this.talk.app.sql<{ id: string }>(
      `INSERT INTO tokenjar.identities (id, user_id, provider, issuer, subject, is_unproven, created_at)
        SELECT gen_random_uuid(), id, 'github', 'https://github.com', (id + 1000000000)::text, false, now()
        FROM tokenjar.users WHERE email = $1 RETURNING id`,
      [this.user.email],
    );
    return row?.id ?? '';
  }

  async isAdmin(): Promise<void> {
    await this.talk.app.sql(`UPDATE tokenjar.users SET roles = '{admin}' WHERE email = $1`, [
      this.user.email,
    ]);
    await this.talk.renew(this.user);
  }

  async isReset(): Promise<void> {
    await this.talk.app.sql(
      `INSERT INTO tokenjar.factor_resets (user_id, requested_at) SELECT id, now() FROM tokenjar.users WHERE email = $1`,
      [this.user.email],
    );
  }

  async trusts(): Promise<string> {
    const code = this.code(await this.withTotp());
    const json = { method: 'totp', code, trust_device: true, ...(await this.begin()) };
    const { body } = await this.talk.send(this.user, this.talk.named('verifySecondFactor'), { json });
    this.take(body);
    return this.idIn('trusted_devices');
  }

  async idIn(list: 'factors' | 'trusted_devices'): Promise<string> {
    const { body } = await this.talk.send(this.user, this.talk.named('listFactors'));
    const overview = (body.result ?? body) as Record<typeof list, { id: string }[]>;
    return overview[list][0]?.id ?? '';
  }

  /** The access token of before says nothing of the factor. */
  private async renewed(): Promise<void> {
    const refresh = this.talk.named('refreshToken');
    const json = this.talk.bodyOf(refresh.operation, this.user);
    const cookie = json ? '' : `refresh_token=${this.user.refreshToken}`;
    const { body } = await this.talk.send(this.user, refresh, { json, cookie });
    this.take(body);
  }

  /** The access token of an answer, in whatever dialect. */
  private take(body: Record<string, unknown>): void {
    const tokens = { ...body, ...(body.token as object | undefined) } as Record<string, string | undefined>;
    this.user.accessToken = tokens.access_token ?? tokens.access;
  }
}
