import { OPTIONS, type Options } from '../../src/config/options.js';
import { Database } from '../../src/database/database.js';
import type { TokenjarInput } from '../../src/tokenjar.module.js';
import { moveState, ownerState, readAddressState, verificationState } from '../../src/users/address-state.js';
import { Invitations } from '../../src/invitations/invitations.js';
import { OneTimeTokens, type TokenPurpose } from '../../src/users/one-time-tokens.js';
import { Blacklist } from '../../src/users/blacklist/blacklist.js';
import { RoleChanges } from '../../src/users/roles/role-changes.js';
import { Users } from '../../src/users/users.js';
import { ADMIN_FRESHNESS } from '../../src/http/admin.guard.js';
import { rowOf } from '../../src/http/operations.js';
import { bearer, storedKey } from '../support/api-keys.js';
import { Apple, APPLE_CLIENT } from '../support/apple.js';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import { type Answer, Browser } from '../support/browser.js';
import { isEmbedded } from '../support/database.js';
import { idToken, newKey, openIdDocuments, type StandIn } from '../support/stand-in-provider.js';
import { addTotp } from '../support/totp-account.js';
import { operationNamed } from '../support/operations.js';
import { isLong } from '../support/long.js';
import { type Contract, contractOf, type DocumentedOperation } from '../support/contract.js';

export const DIALECTS = ['standard', 'django', 'django-legacy', 'envelope'] as const;
export const JSON_TYPE = 'application/json';
/** The password that the documents show. */
export const SHOWN_PASSWORD = 'marble cactus orbit lantern';

/** What is off by default. */
const ON = { emailCodeLogin: true, apiKeys: true, webhookAllowPrivate: true };

/** Every wire there is: the dialects, and the ways of a refresh token. To a database they are one. */
const ALL_WIRES: [string, TokenjarInput][] = [
  ...DIALECTS.map((dialect): [string, TokenjarInput] => [dialect, { dialect, ...ON }]),
  ['standard, token in the body', { refreshTokenIn: 'body', ...ON }],
  ['django, token in both', { dialect: 'django', refreshTokenIn: 'both', returnExpiration: true, ...ON }],
];
/** What differs little from the first two has the long form. */
export const WIRES = isLong ? ALL_WIRES : ALL_WIRES.slice(0, isEmbedded ? 1 : 2);

export interface At {
  method: string;
  path: string;
}

const PURPOSES: Readonly<Record<string, TokenPurpose>> = {
  unlockLogin: 'unlock_account',
  verifyEmail: 'verify_email',
  confirmEmailChange: 'change_email',
  confirmPasswordReset: 'reset_password',
};

type Send = Parameters<Browser['send']>[2];

/** The page to which an app returns. */
export const NATIVE_RETURN_TO = 'com.example.app:/callback';

/** Operations that not every provider has. */
const PROVIDER_OF: Readonly<Record<string, string>> = {
  createProviderNonce: 'google',
  idTokenLogin: 'google',
  providerNotification: 'apple',
};

/** Google and Apple sign what they say; both answer with their documents only. */
class SigningProviders {
  private readonly replies: StandIn['replies'] = new Map();
  private readonly key = newKey();
  readonly apple = new Apple({
    url: '',
    asked: [],
    replies: this.replies,
    close: () => Promise.resolve(),
  });

  constructor() {
    const google = 'accounts.google.com';
    for (const [path, json] of Object.entries(openIdDocuments(`https://${google}`, this.key)))
      this.replies.set(`/${google}${path}`, { json });
  }

  idTokenOfGoogle(claims: object): string {
    return idToken({ iss: 'https://accounts.google.com', aud: CLIENT.clientId, ...claims }, this.key);
  }

  answer({ host, pathname }: URL): unknown {
    const reply = this.replies.get(`/${host}${pathname}`);
    return typeof reply === 'object' ? reply.json : undefined;
  }
}

const CLIENT = { clientId: 'tokenjar', clientSecret: 'a secret' };

/** What GitHub answers. Each code is of an account of its own, whose token is the code. */
function gitHub(path: string, { headers, body }: RequestInit): unknown {
  if (path === '/login/oauth/access_token')
    return { access_token: new URLSearchParams(body as URLSearchParams).get('code'), token_type: 'bearer' };
  const token = new Headers(headers).get('authorization')?.replace(/^bearer /i, '') ?? '';
  return path === '/user'
    ? { id: Number(token) }
    : [{ email: `${token}@github.example.com`, primary: true, verified: true }];
}

/** Somebody who is signed in, whatever the dialect. */
export type SignedIn = Browser & { refreshToken: string; email: string };

/** A server and its document: every answer is held against it. */
export class Conversation {
  /** The operations and statuses that came up, as `login 200`. */
  readonly seen = new Set<string>();
  /** Told of every answer. */
  heard: ((answer: Answer) => void) | undefined;
  private serviceKey: string | undefined;
  private admin: { user: SignedIn; since: number } | undefined;

  private constructor(
    readonly app: TestApp,
    readonly contract: Contract,
    readonly signing: SigningProviders,
  ) {}

  static async start(settings: TokenjarInput): Promise<Conversation> {
    const signing = new SigningProviders();
    const callbackUrl = 'https://app.example.com/login/';
    const app = await startApp({
      providers: [
        { id: 'github', ...CLIENT, callbackUrl: `${callbackUrl}github` },
        { id: 'google', ...CLIENT, callbackUrl: `${callbackUrl}google` },
        { id: 'apple', ...APPLE_CLIENT, privateKey: signing.apple.privateKey },
      ],
      nativeReturnTo: [NATIVE_RETURN_TO],
      // GitHub has no documents: what happens on the way there reaches nobody.
      fetch: (url, init) => {
        const to = new URL(url);
        return Promise.resolve(Response.json(signing.answer(to) ?? gitHub(to.pathname, init)));
      },
      ...settings,
    });
    return new Conversation(app, await contractOf(app), signing);
  }

  get arePublicIds(): boolean {
    return this.app.app.get<Options>(OPTIONS).userId === 'uuid';
  }

  get operations() {
    return this.contract.operations;
  }

  named(operationId: string) {
    const found = this.operations.find(({ operation }) => operation.operationId === operationId);
    if (!found) throw new Error(`there is no ${operationId}`);
    return found;
  }

  /** Sends a request; what the document does not say of the answer is an error. */
  async send(user: Browser, at: At & { operation?: DocumentedOperation }, what: Send = {}): Promise<Answer> {
    const path = at.path.replace('{provider}', PROVIDER_OF[at.operation?.operationId ?? ''] ?? 'github');
    const sender = user.accessToken === undefined ? user : await this.callerOf(at.operation, user);
    const answer = await sender.send(at.method, path, what);
    this.contract.check({ ...at, path, status: answer.status, headers: answer.headers, text: answer.text });
    this.heard?.(answer);
    if (at.operation) this.seen.add(`${at.operation.operationId} ${answer.status}`);
    return answer;
  }

  /** Whoever may call an operation in place of a user who may not. */
  async callerOf(operation: DocumentedOperation | undefined, user: Browser): Promise<Browser> {
    if (needsKey(operation)) return this.service();
    const name = operation && operationNamed(operation.operationId);
    return name !== undefined && rowOf(name).access === 'admin' ? this.administrator() : user;
  }

  /** Somebody with the role `admin` who has signed in with two factors a moment ago. */
  private async administrator(): Promise<Browser> {
    const now = this.app.clock.now().getTime();
    if (!this.admin || now - this.admin.since > ADMIN_FRESHNESS * 500)
      this.admin = { user: await this.newAdministrator(), since: now };
    // A copy: one that begins to act as a user goes on with that token.
    return bearer(this.app.url, this.admin.user.accessToken ?? '');
  }

  private async newAdministrator(): Promise<SignedIn> {
    const user = await this.signedIn();
    await addTotp(this.app, user.accessToken ?? '');
    await this.app.sql(`INSERT INTO tokenjar.roles (name) VALUES ('clerk') ON CONFLICT DO NOTHING`);
    await this.app.sql(`UPDATE tokenjar.users SET roles = '{admin}' WHERE email = $1`, [user.email]);
    this.app.app.get(Blacklist).markStale();
    await this.renew(user);
    return user;
  }

  /** The ID of the event that the audit trail recorded last. */
  async lastEvent(): Promise<string> {
    const [row] = await this.app.sql<{ id: string }>(
      'SELECT coalesce(max(id), 0) AS id FROM tokenjar.audit_events',
    );
    return row?.id ?? '';
  }

  /** Who is named in the successes that requests have recorded after an event; null for users themselves. */
  async actorsSince(last: string): Promise<(string | null)[]> {
    const rows = await this.app.sql<{ actor: string | null }>(
      `SELECT actor FROM tokenjar.audit_events
        WHERE id > $1 AND outcome = 'success' AND request_id IS NOT NULL`,
      [last],
    );
    return rows.map(({ actor }) => actor);
  }

  /** Another service, with an API key. */
  async service(): Promise<Browser> {
    if (this.serviceKey === undefined) {
      const { email } = await this.signedIn();
      const owner = await this.app.app.get(Users).findByEmail(email);
      const roles = this.app.app.get(RoleChanges);
      await roles.set({ name: 'service', permissions: ['introspect'] });
      await roles.assign(owner?.id ?? 0, ['service']);
      this.serviceKey = await storedKey(this.app, owner?.id ?? 0, 'introspect');
    }
    return bearer(this.app.url, this.serviceKey);
  }

  /** The body that the document shows for an operation, with the user's own tokens and password for the shown ones. */
  bodyOf({ requestBody }: DocumentedOperation, user: SignedIn, email = user.email) {
    const shown = requestBody?.content[JSON_TYPE]?.examples.example?.value as object | undefined;
    const own: Record<string, unknown> = {
      email,
      token: user.accessToken,
      refresh: user.refreshToken,
      refresh_token: user.refreshToken,
    };
    return (
      shown &&
      Object.fromEntries(
        Object.entries(shown).map(([name, value]: [string, unknown]) => [
          name,
          own[name] ?? (value === SHOWN_PASSWORD ? PASSWORD : value),
        ]),
      )
    );
  }

  /** What the email of an operation would hold for a user, under the names of the body. */
  async emailOf({ operationId }: DocumentedOperation, { email }: SignedIn): Promise<Record<string, string>> {
    if (operationId === 'acceptInvitation') return { email, ...(await this.invitationTo(email)) };
    const purpose = PURPOSES[operationId];
    const user = await this.app.app.get(Users).findByEmail(email);
    if (purpose === undefined || !user) return {};
    const db = this.app.app.get(Database);
    const stateOf = (address: string) => readAddressState(address, this.app.clock.now(), db);
    const to = purpose === 'change_email' ? uniqueEmail() : email;
    const state = await stateOf(to);
    const boundTo =
      purpose === 'change_email'
        ? moveState(user)
        : purpose === 'verify_email'
          ? verificationState(state)
          : ownerState(state);
    const facts = { userId: user.id, boundTo, email: to };
    const token = (await this.app.app.get(OneTimeTokens).issue(purpose, facts, { lifetime: 60 }, db)) ?? '';
    const uid = this.arePublicIds ? user.publicId.replaceAll('-', '') : user.id.toString(36);
    return { key: token, token, uid };
  }

  private async invitationTo(email: string): Promise<{ key: string }> {
    const invitations = this.app.app.get(Invitations, { strict: false });
    const made = { email, roles: [], invitedBy: null, lifetime: 60, isQueued: true };
    const db = this.app.app.get(Database);
    return { key: (await invitations.keyFor(await invitations.add(made, db), db)) ?? '' };
  }

  /** The status under which a refusal is documented. */
  statusOf({ operationId, responses }: DocumentedOperation, code: string): number {
    const found = Object.entries(responses).find(([, response]) =>
      Object.values('$ref' in response ? {} : (response.content ?? {})).some(
        ({ examples }) => code in examples,
      ),
    );
    if (!found) throw new Error(`${operationId} documents no ${code}`);
    return Number(found[0]);
  }

  async signedIn(): Promise<SignedIn> {
    const nobody = Object.assign(this.app.browser(), { refreshToken: '', email: uniqueEmail() });
    const register = this.named('register');
    const { body } = await this.send(nobody, register, { json: this.bodyOf(register.operation, nobody) });
    return this.withTokens(nobody, body);
  }

  /** Another session of a user. */
  async elsewhere({ email }: SignedIn): Promise<SignedIn> {
    const other = Object.assign(this.app.browser(), { refreshToken: '', email });
    const { body } = await this.send(other, this.named('login'), { json: { email, password: PASSWORD } });
    return this.withTokens(other, body);
  }

  /** Gets the user an access token that knows of their roles. */
  async renew(user: SignedIn): Promise<void> {
    const json = { refresh: user.refreshToken, refresh_token: user.refreshToken };
    const { body } = await this.send(user, this.named('refreshToken'), { json });
    await this.withTokens(user, body);
  }

  /** Ids of the user's sessions but the one in hand. */
  async otherSessions(user: SignedIn): Promise<string[]> {
    const { body } = await this.send(user, this.named('listSessions'));
    const sessions = (body.sessions ?? body) as { id: string; current: boolean }[];
    return sessions.filter(({ current }) => !current).map(({ id }) => id);
  }

  private async withTokens(user: SignedIn, body: Answer['body']): Promise<SignedIn> {
    const tokens = { ...body, ...(body.token as object | undefined) } as Record<string, string | undefined>;
    user.accessToken = tokens.access_token ?? tokens.access;
    user.refreshToken = tokens.refresh_token || tokens.refresh || ((await user.refreshCookie()) ?? '');
    return user;
  }
}

/** Whether only an API key may call it. */
const needsKey = (operation: DocumentedOperation | undefined): boolean => {
  const name = operation && operationNamed(operation.operationId);
  return name !== undefined && (rowOf(name).access === 'service' || rowOf(name).keys === 'only');
};

export const replaced = (body: object, fields: readonly string[], value: string) =>
  Object.fromEntries(
    Object.entries(body).map(([name, was]: [string, unknown]) => [name, fields.includes(name) ? value : was]),
  );
