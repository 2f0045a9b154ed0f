import { PASSWORD, type TestApp, uniqueEmail } from '../support/app.js';
import type { DocumentedOperation, OpenApiDocument } from '../support/contract.js';
import { readPart } from '../support/jwt.js';
import { operationNamed } from '../support/operations.js';
import type { Step } from './arbitraries.js';
import type { Body, TokenChoice } from './bodies.js';
import type { Sent } from './send.js';

/** A session as its holder knows it: every token it was given, the newest last. */
interface Holding {
  id: string;
  email: string;
  access: string[];
  refresh: string[];
}

/** The sessions that there are, by id. */
export type Rows = Map<string, { lookupId: string; email: string }>;

/** A request, and the sessions that it holds a token of. */
export interface Played extends Sent {
  operationId: string;
  held: Set<string>;
}

interface FuzzedOperation {
  id: string;
  method: string;
  path: string;
  fields: string[];
}

/** In place of a number: the session that was opened last. */
export const NEWEST = -1;

/** All JWTs that stand in a text. */
export const tokensIn = (text: string): string[] => text.match(/eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+/g) ?? [];

/** The users of the server under test: who has which session, and what they make of a plan. */
export class World {
  readonly operations: FuzzedOperation[];
  private readonly holdings = new Map<string, Holding>();
  /** Whose a token is; a changed one is nobody's. */
  private readonly issued = new Map<string, string>();

  constructor(
    private readonly app: TestApp,
    document: OpenApiDocument,
  ) {
    const once = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        id: operation.operationId,
        method: method.toUpperCase(),
        path,
        fields: fieldsOf(operation, document),
      })),
    );
    // What the rules of a refresh forbid shows only after several of one session.
    const refreshes = once.filter(({ id }) => id === 'refreshToken');
    this.operations = [...once, ...refreshes, ...refreshes, ...refreshes, ...refreshes];
  }

  async rows(): Promise<Rows> {
    const rows = await this.app.sql<{ id: string; lookup_id: string; email: string }>(
      'SELECT s.id, s.lookup_id, u.email FROM tokenjar.sessions s JOIN tokenjar.users u ON u.id = s.user_id',
    );
    return new Map(
      rows.map((row) => [row.id, { lookupId: row.lookup_id.replaceAll('-', ''), email: row.email }]),
    );
  }

  /** Remembers the tokens of an answer. */
  learn(text: string, setCookie: string[], rows: Rows, held: ReadonlySet<string>): void {
    // An API key is sent wherever an access token of the session that made it could be.
    for (const key of text.match(/tjk_[0-9A-Za-z]{49}/g) ?? [])
      for (const id of held) this.keep(key, 'access', id, rows);
    const cookies = setCookie.flatMap((line) => /^refresh_token=([^;]+)/.exec(line)?.[1] ?? []);
    for (const token of tokensIn(text)) {
      const id = String(readPart(token, 1).sid);
      this.keep(token, 'access', id, rows);
    }
    for (const token of cookies) {
      const { jti } = readPart(token, 1);
      const [id] = [...rows].find(([, { lookupId }]) => lookupId === jti) ?? [];
      if (id !== undefined) this.keep(token, 'refresh', id, rows);
    }
  }

  /** Turns a plan into a request. */
  play(step: Step, rows: Rows): Played {
    const operation = this.operations[step.operation];
    if (!operation) throw new RangeError(`operation ${step.operation}`);
    const presented: string[] = [];
    const choose = (choice: TokenChoice): string => {
      const token = this.choose(choice, rows);
      presented.push(token);
      return token;
    };
    const { bearer } = step;
    const cookie = step.cookies
      .map((each) => {
        if (each.form === 'raw') return each.pair;
        const token = choose(each.token);
        return `refresh_token=${each.quoted ? `"${token}"` : token}`;
      })
      .join('; ');
    const authorization =
      bearer.form === 'none'
        ? undefined
        : bearer.form === 'raw'
          ? bearer.value
          : `${bearer.scheme} ${choose(bearer.token)}`;
    const method = step.method ?? operation.method;
    const [type, body] = ['GET', 'HEAD'].includes(method)
      ? []
      : this.bodyOf(step.body, operation, choose, rows);
    return {
      operationId: operation.id,
      method,
      path: this.pathOf(step, operation.path, rows),
      headers: {
        ...step.headers,
        ...(type != null && { 'content-type': type }),
        ...(cookie && { cookie }),
        ...(authorization !== undefined && { authorization }),
      },
      body,
      held: new Set(presented.flatMap((token) => this.issued.get(token) ?? [])),
    };
  }

  private keep(token: string, kind: TokenChoice['kind'], id: string, rows: Rows): void {
    const email = rows.get(id)?.email ?? '';
    const holding = this.holdings.get(id) ?? { id, email, access: [], refresh: [] };
    this.holdings.set(id, holding);
    if (!holding[kind].includes(token)) holding[kind].push(token);
    this.issued.set(token, id);
  }

  /** Mostly of a session that is alive; each tenth time of one that may have ended. */
  private holdingAt(at: number, rows: Rows): Holding | undefined {
    const all = [...this.holdings.values()];
    const alive = all.filter(({ id }) => rows.has(id));
    if (at === NEWEST) return alive.at(-1);
    const from = at % 10 === 0 || alive.length === 0 ? all : alive.slice(-8);
    return from[Math.floor(at / 10) % Math.max(1, from.length)];
  }

  private choose({ kind, session, age, mutation }: TokenChoice, rows: Rows): string {
    const tokens = this.holdingAt(session, rows)?.[kind] ?? [];
    const token = tokens.at(-1 - Math.min(age, Math.max(0, tokens.length - 1))) ?? '';
    if (!mutation || token === '') return token;
    const at = mutation.at % token.length;
    return token.slice(0, at) + mutation.to + token.slice(at + 1);
  }

  private pathOf({ path, id, bearer }: Step, pattern: string, rows: Rows): string {
    const filled = pattern.replace(
      /\{\w+\}/,
      // That of the token that is presented, as often as not.
      typeof id === 'number'
        ? (this.holdingAt(id % 3 > 0 && bearer.form === 'token' ? bearer.token.session : id, rows)?.id ??
            'none')
        : id,
    );
    if (path === 'slash') return `${filled}/`;
    if (path === 'doubled') return `/${filled}`;
    if (path === 'query') return `${filled}?email=a&password[]=b&%00`;
    return path === 'nowhere' ? `${filled}/nowhere` : filled;
  }

  private bodyOf(
    body: Body,
    { id, fields }: FuzzedOperation,
    choose: (choice: TokenChoice) => string,
    rows: Rows,
  ): [type?: string | null, text?: string] {
    if (body.form === 'none') return [];
    if (body.form === 'raw') return [body.type, body.text];
    const { twist, isTrue } = body;
    const isNew = operationNamed(id) === 'register';
    const emails = [...rows.values()].map(({ email }) => email);
    const current = (kind: TokenChoice['kind']) => choose({ kind, session: NEWEST, age: 0, mutation: null });
    const good = (field: string): unknown => {
      if (field === 'new_email' || (field === 'email' && isNew)) return uniqueEmail();
      if (field === 'email') return emails.at(-1);
      if (field.includes('password')) return isTrue ? PASSWORD : 'some other words for once';
      if (field === 'token') return current(isTrue ? 'access' : 'refresh');
      // A body ends a session even where the cookie is the place for its token: most are left alone.
      if (field.startsWith('refresh'))
        return isTrue && id !== 'blacklistToken' ? undefined : current('refresh');
      // All that its user may.
      if (['scope', 'scopes', 'expires_in'].includes(field)) return undefined;
      if (field === 'remember' || field === 'trust_device') return isTrue;
      if (field === 'method')
        return id.endsWith('Options') || id === 'beginPasskeyLogin' ? 'passkey' : 'password';
      // Nothing of what only a factor, a mailed code or a login that lacks a step gives.
      if (['code', 'credential', 'login_token', 'ephemeral_token'].includes(field)) return undefined;
      return 'en';
    };
    const pairs = new Map(fields.map((field) => [field, good(field)]));
    const twisted =
      twist.how === 'extra'
        ? twist.key
        : 'field' in twist
          ? (fields[twist.field % fields.length] ?? 'a')
          : '';
    if (twist.how === 'missing') pairs.delete(twisted);
    if (twist.how === 'value' || twist.how === 'extra') pairs.set(twisted, twist.value);
    if (twist.how === 'token') pairs.set(twisted, choose(twist.token));
    return encoded(body.as, [...pairs]);
  }
}

function encoded(
  as: 'json' | 'form' | 'multipart',
  pairs: [string, unknown][],
): [type: string, text: string] {
  if (as === 'json') return ['application/json', JSON.stringify(Object.fromEntries(pairs))];
  const texts = pairs.map(([name, value]): [string, string] => [
    name,
    typeof value === 'string' ? value : (JSON.stringify(value) ?? ''),
  ]);
  if (as === 'form') return ['application/x-www-form-urlencoded', new URLSearchParams(texts).toString()];
  const parts = texts.map(
    ([name, value]) => `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  return ['multipart/form-data; boundary=x', `${parts.join('')}--x--\r\n`];
}

function fieldsOf({ requestBody }: DocumentedOperation, { components }: OpenApiDocument): string[] {
  const schema = requestBody?.content['application/json']?.schema as
    { $ref?: string; properties?: object } | undefined;
  const name = schema?.$ref?.split('/').at(-1);
  const resolved =
    name === undefined ? schema : (components.schemas[name] as { properties?: object } | undefined);
  return Object.keys(resolved?.properties ?? {});
}
