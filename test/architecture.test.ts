import { readdirSync, readFileSync } from 'node:fs';
import { basename, posix, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import ts from 'typescript';

/** What stands on floor 0, each importing only packages that touch neither the network nor a framework. */
const PURE = [
  ...[
    'config',
    'errors',
    'events',
    'measures',
    'tracing',
    'clock',
    'email-address',
    'username',
    'user-id',
    'counted',
  ],
  ...['crypto', 'tokens'],
];
const PURE_PACKAGES =
  /^(node:.*|zod|@node-rs\/(argon2|bcrypt)|@zxcvbn-ts\/[\w-]+|piscina|unhomoglyph|@opentelemetry\/api)$/;
const FLOORS = [...PURE, 'database', 'hooks', 'housekeeping', 'mail', 'http'];
/** Slices, from left to right. */
const LINE = [
  'audit',
  'limits',
  'keys',
  'users',
  'auth',
  'accounts',
  'invitations',
  'mfa',
  'passkeys',
  'transfer',
];
/** Slices right of the line: each can be left out. They know the floors and the line, and nothing knows them. */
const ASIDE = ['webhooks', 'providers', 'api-keys', 'admin', 'django', 'metrics', 'host'];
const COMPOSITION = [
  'main',
  'cli',
  'index',
  'testing',
  'server',
  'commands',
  'openapi',
  'tokenjar.module',
  'tokenjar-parts',
  'slices',
  'nest-version',
  'entities',
  'version',
];

/**
 * Where a process begins: it loads what a setting or a command is for once that has been read. Nothing imports it.
 */
const ENTRIES = ['main.ts', 'cli.ts'];
/** What loads a large package when it is first needed. */
const LAZY = [
  'mail/own-mailers.ts',
  'passkeys/ceremonies.ts',
  'providers/provider-client.ts',
  'providers/signed-by-provider.ts',
  'users/sessions/signed-challenge.ts',
];

/** A command is loaded when it runs. */
const COMMANDS = /^commands\/[a-z]+-group\.ts:/;

const LONGEST_FILE = 250;
/** Files that are one table, which would only be harder to read in pieces. */
const LONG_TABLES = new Set([
  'config/options.ts',
  'errors.ts',
  'limits/limit-policies.ts',
  'mail/words/en.ts',
  'mail/words/ko.ts',
]);

/** What Nest calls the parts, and the worker. */
const ROLES = [
  'module',
  'controller',
  'guard',
  'strategy',
  'filter',
  'interceptor',
  'pipe',
  'entity',
  'schemas',
  'worker',
  // The types of plain JavaScript.
  'd',
];

/** What dialects call things on the wire, and no column or claim is called. */
const WIRE_NAME =
  /^(access_token|refresh_token|expires_in|((old|new)_)?password[12]|(old|new)_(password|email)|non_field_errors|uid|pk)$/;

/** What speaks the wire of other servers, whose names are those of the same RFCs, or writes what they read. */
const SPEAKS_TO_OTHERS = ['providers/provider-client.ts', 'django/fixture.ts'];

const MOST_ARGUMENTS = 5;
/** Classes that take more, and how many. One more needs a reason here. */
const MANY_ARGUMENTS: Readonly<Record<string, number>> = {
  // Our own tokens of both kinds, and those of the site that users came from.
  TokenVerification: 6,
  // One transaction over all of it: account, links, emails, sessions, audit trail.
  CodeLogin: 9,
  EmailChange: 8,
  // An answer from several tables.
  FactorOverview: 6,
  FactorResetRun: 8,
  EmailVerification: 8,
  GivenPassword: 7,
  PasswordChange: 8,
  PasswordReset: 10,
  Acceptance: 11,
  UserCreation: 6,
  Inviting: 6,
  PasswordLogin: 7,
  Registration: 10,
  Unlocking: 7,
  // The session, its tokens, cookies and notices, and what the host adds.
  Entry: 7,
  TokenAnswers: 7,
  // Each kind of proof.
  ReauthenticationProofs: 6,
  // One answer for whatever a provider sends: account, session, pending login, redirect.
  AddressRequest: 10,
  Linking: 10,
  ProviderSignIn: 11,
  IdentitySettings: 6,
  // A notice reaches the identity, sessions, pending logins, emails and the audit trail, in one transaction.
  ProviderNotices: 12,
  // A key is made in one transaction with its email, and revoked on every instance.
  ApiKeys: 6,
  // What is known of a key, what may have changed since, and who asks too often.
  KeyVerification: 6,
  // Batches, attempts, what they need, and what is measured.
  WebhookSending: 7,
  // What tells our cookies from those of others, and what binds a session to its browser.
  Cookies: 6,
  // Cookies go in and out here, so that the slices need not see them.
  LoginController: 6,
  TokenController: 7,
  // Parts of the session core, which its proofs know.
  Blacklist: 6,
  SessionRefresh: 8,
  // What of all this an app may ask for, at one place.
  TokenjarUsers: 7,
  UserMaking: 6,
  // Both users, the session of one of them, and the token.
  Impersonation: 8,
  // Nest hands a filter no context.
  ProblemFilter: 6,
  DeadCookieFilter: 6,
  // A value: what an access token says.
  Principal: 7,
};

/** What Nest hands the request to. */
const SEES_REQUESTS = /\.(controller|guard|strategy|filter)\.ts$/;

interface Import {
  /** A package, or a file below `src`. */
  of: string;
  isRelative: boolean;
  isTypeOnly: boolean;
  /** Handed on with `export … from`. */
  isHandedOn: boolean;
}

interface Source {
  path: string;
  tree: ts.SourceFile;
  imports: Import[];
}

interface Rule {
  name: string;
  /** One line an offender. */
  broken: (sources: Source[]) => string[];
  /** A tree that breaks it, and what is then said. */
  example: { files: Record<string, string>; says: string[] };
}

const RULES: Rule[] = [
  {
    name: 'every file belongs to a floor, a slice or the composition',
    broken: (sources) =>
      sources
        .map(({ path }) => path)
        .filter((path) => ![...FLOORS, ...LINE, ...ASIDE, ...COMPOSITION].includes(roomOf(path))),
    example: {
      files: { 'auth/a.ts': '', 'helpful/a.ts': '', 'extra.ts': '' },
      says: ['helpful/a.ts', 'extra.ts'],
    },
  },
  {
    name: 'imports go down the floors and left along the line',
    broken: (sources) =>
      importsOf(sources)
        .filter(({ isRelative, path, of }) => isRelative && !mayImport(roomOf(path), roomOf(of)))
        .map(arrow),
    example: {
      files: {
        'config/a.ts': `import '../errors.js';`,
        'tokens/a.ts': `import type { D } from '../database/d.js'; import '../config/c.js'; import '../errors.js';`,
        'database/a.ts': `import '../http/h.js'; import '../clock.js';`,
        'http/a.ts': `import type { U } from '../users/u.js'; import '../database/d.js';`,
        'keys/a.ts': `import '../users/u.js';`,
        'users/a.ts': `import '../keys/k.js'; let a: import('../auth/s.js').S;`,
        'auth/a.ts': `export { H } from '../mfa/h.js'; import '../http/h.js';`,
        'mfa/a.ts': `import '../http/h.js'; import '../auth/s.js'; import '../admin/k.js';`,
        'accounts/a.ts': `import '../server/s.js'; import '../auth/s.js';`,
        'server/a.ts': `import '../accounts/a.js'; import './swagger.js';`,
      },
      says: [
        'config/a.ts → errors.ts',
        'tokens/a.ts → database/d.ts',
        'database/a.ts → http/h.ts',
        'http/a.ts → users/u.ts',
        'keys/a.ts → users/u.ts',
        'users/a.ts → auth/s.ts',
        'auth/a.ts → mfa/h.ts',
        'mfa/a.ts → admin/k.ts',
        'accounts/a.ts → server/s.ts',
      ],
    },
  },
  {
    name: 'floor 0 is pure: no framework, no database',
    broken: (sources) =>
      importsOf(sources)
        .filter(({ isRelative, path }) => !isRelative && PURE.includes(roomOf(path)))
        .filter(({ path, of, isTypeOnly }) => {
          const namesJwt = roomOf(path) === 'tokens' && of === '@nestjs/jwt' && isTypeOnly;
          return !namesJwt && !PURE_PACKAGES.test(of);
        })
        .map(arrow),
    example: {
      files: {
        'clock.ts': `import { Injectable } from '@nestjs/common';`,
        'crypto/a.ts': `import { hash } from '@node-rs/argon2'; import type { JwtService } from '@nestjs/jwt';`,
        'tokens/a.ts': `import type { JwtService } from '@nestjs/jwt'; import 'typeorm';`,
        'tokens/b.ts': `import { type JwtService, X } from '@nestjs/jwt'; import 'node:crypto';`,
        'http/a.ts': `import { Injectable } from '@nestjs/common';`,
      },
      says: [
        'clock.ts → @nestjs/common',
        'crypto/a.ts → @nestjs/jwt',
        'tokens/a.ts → typeorm',
        'tokens/b.ts → @nestjs/jwt',
      ],
    },
  },
  {
    name: 'only metrics/ knows Prometheus, and only tracing.ts OpenTelemetry',
    broken: (sources) =>
      importsOf(sources)
        .filter(({ path, of, isTypeOnly }) => {
          if (of === 'prom-client') return roomOf(path) !== 'metrics';
          return of === '@opentelemetry/api' && path !== 'tracing.ts' && !isTypeOnly;
        })
        .map(arrow),
    example: {
      files: {
        'auth/a.ts': `import { Counter } from 'prom-client'; import type { Span } from '@opentelemetry/api';`,
        'http/a.ts': `import { trace } from '@opentelemetry/api';`,
        'metrics/a.ts': `import { Counter } from 'prom-client';`,
      },
      says: ['auth/a.ts → prom-client', 'http/a.ts → @opentelemetry/api'],
    },
  },
  {
    name: 'no imports go in a circle',
    broken: circles,
    example: {
      files: {
        'auth/a.ts': `import './b.js';`,
        'auth/b.ts': `import type { C } from './c.js';`,
        'auth/c.ts': `import './a.js'; import './d.js';`,
        'auth/d.ts': '',
      },
      says: ['auth/a.ts → auth/b.ts → auth/c.ts → auth/a.ts'],
    },
  },
  {
    name: 'nothing is looked up or tied late: no forwardRef, no ModuleRef, no import()',
    broken: (sources) =>
      found(sources, (node) => {
        if (ts.isIdentifier(node) && ['forwardRef', 'ModuleRef'].includes(node.text)) return node.text;
        if (node.kind === ts.SyntaxKind.ImportKeyword && ts.isCallExpression(node.parent)) return 'import()';
        return undefined;
      }).filter(
        (line) =>
          !(
            (COMMANDS.test(line) || [...ENTRIES, ...LAZY].some((entry) => line.startsWith(`${entry}:`))) &&
            line.endsWith(' import()')
          ),
      ),
    example: {
      files: {
        'auth/a.ts': `import { ModuleRef as R } from '@nestjs/core';`,
        'auth/b.ts': `Inject(forwardRef(() => A)); await import('x'); import.meta.url; // ModuleRef`,
        'main.ts': `await import('./server.js');`,
      },
      says: ['auth/a.ts:1 ModuleRef', 'auth/b.ts:1 forwardRef', 'auth/b.ts:1 import()'],
    },
  },
  {
    name: 'providers live as long as the app: no request scope',
    broken: (sources) =>
      found(sources, (node) => (ts.isIdentifier(node) && node.text === 'Scope' ? 'Scope' : undefined)),
    example: {
      files: { 'auth/a.ts': '@Injectable({ scope: Scope.REQUEST }) class A {}' },
      says: ['auth/a.ts:1 Scope'],
    },
  },
  {
    name: 'only config/env.ts reads the environment',
    broken: (sources) => [
      ...found(
        sources.filter(({ path }) => path !== 'config/env.ts'),
        (node) => {
          if (!ts.isIdentifier(node) || node.text !== 'process') return undefined;
          // `process` may be asked for one thing at a time, and for anything but its environment.
          const { parent } = node;
          if (!ts.isPropertyAccessExpression(parent)) return 'process.env';
          // Another process, such as that of a worker.
          const isOf = parent.name === node && !/^global/.test(parent.expression.getText());
          const isAskedFor = parent.expression === node && parent.name.text !== 'env';
          return isOf || isAskedFor ? undefined : 'process.env';
        },
      ),
      ...importsOf(sources)
        .filter(({ of }) => /^(node:)?process$/.test(of))
        .map(arrow),
    ],
    example: {
      files: {
        'config/env.ts': 'process.env.A;',
        'auth/a.ts': 'process.exit(process.env.B);\nconst { env } = process;',
        'auth/c.ts': 'worker.process.kill();',
        'auth/b.ts': `process['env']; globalThis.process.env; import { env } from 'node:process';`,
      },
      says: [
        'auth/a.ts:1 process.env',
        'auth/a.ts:2 process.env',
        'auth/b.ts:1 process.env',
        'auth/b.ts:1 process.env',
        'auth/b.ts → node:process',
      ],
    },
  },
  {
    name: 'a statement with parameters says which they are',
    broken: (sources) =>
      found(sources, (node) => {
        if (!ts.isCallExpression(node) || node.expression.getText() !== 'statement') return undefined;
        const [values] = node.typeArguments ?? [];
        const isAsked = node.arguments[1]?.getText().includes('$1') === true;
        const isSaid = values && !values.getText().includes('unknown');
        return isSaid === true || (values === undefined && !isAsked) ? undefined : 'statement';
      }),
    example: {
      files: {
        'auth/a.ts': `statement('a', 'SELECT $1'); statement<unknown[]>('b', text);`,
        'auth/b.ts': `statement('a', 'SELECT 1'); statement<[id: number]>('b', 'SELECT $1'); statement<Values>('c', text);`,
      },
      says: ['auth/a.ts:1 statement', 'auth/a.ts:1 statement'],
    },
  },
  {
    name: 'only index.ts and testing.ts, which hosts import, hand on what others export',
    broken: (sources) =>
      importsOf(sources)
        .filter(({ path, isHandedOn }) => isHandedOn && !['index.ts', 'testing.ts'].includes(path))
        .map(arrow),
    example: {
      files: {
        'index.ts': `export * from './a.js';`,
        'auth/a.ts': `export type { B } from './b.js'; export {};`,
      },
      says: ['auth/a.ts → auth/b.ts'],
    },
  },
  {
    name: 'index.ts is for hosts: nobody inside imports it, and there is no other',
    broken: (sources) => [
      ...importsOf(sources)
        .filter(({ isRelative, of }) => isRelative && basename(of) === 'index.ts')
        .map(arrow),
      ...sources
        .map(({ path }) => path)
        .filter((path) => path !== 'index.ts' && basename(path) === 'index.ts'),
    ],
    example: {
      files: { 'auth/a.ts': `import type { User } from '../index.js';`, 'auth/index.ts': '', 'index.ts': '' },
      says: ['auth/a.ts → index.ts', 'auth/index.ts'],
    },
  },
  {
    name: 'files are named in kebab-case after what they hold, with the role Nest gives them',
    broken: (sources) =>
      sources
        .map(({ path }) => path)
        .filter((path) => {
          const name = basename(path);
          const isKebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)?\.(ts|js)$/.test(name);
          const role = /\.([a-z]+)\.[a-z]+$/.exec(name)?.[1] ?? 'module';
          const says = !/(^|[-.])(utils?|helpers?|common|managers?)([-.]|$)/.test(name);
          return !isKebab || !ROLES.includes(role) || !says;
        }),
    example: {
      files: {
        'auth/signIn.ts': '',
        'auth/user.repository.ts': '',
        'auth/token-utils.ts': '',
        'auth/manager.ts': '',
        'auth/sign-in.controller.ts': '',
        'auth/commons.ts': '',
      },
      says: ['auth/signIn.ts', 'auth/user.repository.ts', 'auth/token-utils.ts', 'auth/manager.ts'],
    },
  },
  {
    name: `files have ${LONGEST_FILE} lines at most`,
    broken: (sources) =>
      sources
        .map(({ path, tree }) => ({ path, lines: tree.text.split('\n').length - 1 }))
        .filter(({ path, lines }) => lines > LONGEST_FILE && !LONG_TABLES.has(path))
        .map(({ path, lines }) => `${path} has ${lines}`),
    example: {
      files: { 'a.ts': '\n'.repeat(251), 'b.ts': '\n'.repeat(250) },
      says: ['a.ts has 251'],
    },
  },
  {
    name: 'no wire name outside the dialects: slices name fields neutrally',
    broken: (sources) =>
      found(
        slicesOf(sources).filter(({ path }) => !SPEAKS_TO_OTHERS.includes(path)),
        (node) => {
          if (!ts.isIdentifier(node) && !ts.isStringLiteralLike(node)) return undefined;
          return WIRE_NAME.test(node.text) || (namesField(node) && node.text.includes('_'))
            ? node.text
            : undefined;
        },
      ),
    example: {
      files: {
        'accounts/a.ts': `throw new TokenjarError('input_invalid', { errors: { new_email: ['No.'] } });`,
        'accounts/b.ts': `const choice = { field: 'secret_word', email };`,
        'auth/a.ts': `return { access_token: token, newEmail };`,
        'http/dialects/a.ts': `return { access_token: token };`,
        'users/a.ts': `const row = { created_at: now };`,
      },
      says: ['accounts/a.ts:1 new_email', 'accounts/b.ts:1 secret_word', 'auth/a.ts:1 access_token'],
    },
  },
  {
    name: `constructors take ${MOST_ARGUMENTS} arguments at most`,
    broken: (sources) =>
      found(sources, (node) => {
        if (!ts.isConstructorDeclaration(node) || !node.body) return undefined;
        const name = node.parent.name?.text ?? '';
        const most = MANY_ARGUMENTS[name] ?? MOST_ARGUMENTS;
        return node.parameters.length > most ? `${name} takes ${node.parameters.length}` : undefined;
      }),
    example: {
      files: {
        'auth/a.ts': 'class A { constructor(a: A, b: B, c: C, d: D, e: E, f: F) {} }',
        'auth/b.ts': 'class B { constructor(a: A, b: B, c: C, d: D, e: E) {} }',
      },
      says: ['auth/a.ts:1 A takes 6'],
    },
  },
  {
    name: 'slices see no request and no response: only what Nest calls for one does',
    broken: (sources) =>
      found(
        slicesOf(sources).filter(({ path }) => !SEES_REQUESTS.test(path)),
        (node) => {
          if (ts.isIdentifier(node) && node.text === 'HttpRequest') return node.text;
          const isParameter = ts.isParameter(node) && ts.isIdentifier(node.name);
          return isParameter && node.name.getText() === 'response' ? 'response' : undefined;
        },
      ),
    example: {
      files: {
        'auth/a.ts': `import type { HttpRequest } from '../http/caller.js';`,
        'auth/b.ts': `const answer = (response: unknown) => response;`,
        'auth/a.controller.ts': `import type { HttpRequest } from '../http/caller.js';`,
        'http/a.ts': `const answer = (request: HttpRequest) => request;`,
      },
      says: ['auth/a.ts:1 HttpRequest', 'auth/b.ts:1 response'],
    },
  },
];

const SOURCES = read();

test('checks all of src', () => {
  const paths = SOURCES.map(({ path }) => path);
  expect(paths).toEqual(expect.arrayContaining(['main.ts', 'config/env.ts', 'database/embedded.worker.js']));
  expect(importsOf(SOURCES).length).toBeGreaterThan(SOURCES.length);
});

describe.each(RULES)('$name', ({ broken, example }) => {
  test('src follows it', () => expect(broken(SOURCES)).toEqual([]));

  test('detects a violation', () => {
    const files = Object.entries(example.files).map(([path, text]) => parse(path, text));
    expect(broken(files)).toEqual(example.says);
  });
});

function read(): Source[] {
  const root = fileURLToPath(new URL('../src/', import.meta.url));
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.[jt]s$/.test(name))
    .map((name) => parse(name.replaceAll(sep, '/'), readFileSync(root + name, 'utf8')));
}

function parse(path: string, text: string): Source {
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const imports: Import[] = [];
  const add = (specifier: ts.Node | undefined, isTypeOnly: boolean, isHandedOn = false) => {
    if (!specifier || !ts.isStringLiteralLike(specifier)) return;
    const isRelative = specifier.text.startsWith('.');
    imports.push({
      of: isRelative ? resolve(path, specifier.text) : specifier.text,
      isRelative,
      isTypeOnly,
      isHandedOn,
    });
  };
  visit(tree, (node) => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, bringsTypesOnly(node));
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly, true);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
      add(node.argument.literal, true);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], false);
  });
  return { path, tree, imports };
}

function bringsTypesOnly({ importClause }: ts.ImportDeclaration): boolean {
  if (!importClause) return false;
  if (importClause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const { name, namedBindings } = importClause;
  return (
    !name &&
    namedBindings !== undefined &&
    ts.isNamedImports(namedBindings) &&
    namedBindings.elements.every(({ isTypeOnly }) => isTypeOnly)
  );
}

/** `./b.js`, seen from `auth/a.ts`, is `auth/b.ts`; only the worker is JavaScript itself. */
function resolve(from: string, specifier: string): string {
  return posix.join(posix.dirname(from), specifier).replace(/(?<!\.worker)\.js$/, '.ts');
}

const roomOf = (path: string): string => path.split('/')[0]?.replace(/\.ts$/, '') ?? '';

function mayImport(from: string, to: string): boolean {
  if (from === to || COMPOSITION.includes(from)) return true;
  if (from === 'config') return false;
  if (PURE.includes(from)) return PURE.includes(to);
  if (FLOORS.includes(from)) return FLOORS.indexOf(to) !== -1 && FLOORS.indexOf(to) < FLOORS.indexOf(from);
  if (FLOORS.includes(to)) return true;
  if (ASIDE.includes(from)) return LINE.includes(to);
  return LINE.includes(from) && LINE.includes(to) && LINE.indexOf(to) < LINE.indexOf(from);
}

const slicesOf = (sources: Source[]) =>
  sources.filter(({ path }) => [...LINE, ...ASIDE].includes(roomOf(path)));

/** Whether a name is one that an error says a field by: a key of `errors: {…}`, or the value of `field`. */
function namesField(node: ts.Identifier | ts.StringLiteralLike): boolean {
  const { parent } = node;
  if (!ts.isPropertyAssignment(parent)) return false;
  if (parent.initializer === node) return parent.name.getText() === 'field';
  const holder = parent.parent.parent;
  return ts.isPropertyAssignment(holder) && holder.name.getText() === 'errors';
}

const importsOf = (sources: Source[]) =>
  sources.flatMap(({ path, imports }) => imports.map((one) => ({ path, ...one })));

const arrow = ({ path, of }: { path: string; of: string }): string => `${path} → ${of}`;

/** Each circle once, from the file of it that is met first. */
function circles(sources: Source[]): string[] {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const done = new Set<string>();
  const all: string[] = [];
  const walk = (path: string, way: string[]): void => {
    const start = way.indexOf(path);
    if (start !== -1) all.push([...way.slice(start), path].join(' → '));
    if (start !== -1 || done.has(path)) return;
    for (const { of, isRelative } of byPath.get(path)?.imports ?? [])
      if (isRelative) walk(of, [...way, path]);
    done.add(path);
  };
  for (const { path } of sources) walk(path, []);
  return all;
}

function found(sources: Source[], look: (node: ts.Node) => string | undefined): string[] {
  return sources.flatMap(({ path, tree }) => {
    const lines: string[] = [];
    visit(tree, (node) => {
      const what = look(node);
      if (what === undefined) return;
      const { line } = tree.getLineAndCharacterOfPosition(node.getStart(tree));
      lines.push(`${path}:${line + 1} ${what}`);
    });
    return lines;
  });
}

function visit(node: ts.Node, see: (node: ts.Node) => void): void {
  see(node);
  ts.forEachChild(node, (child) => visit(child, see));
}
