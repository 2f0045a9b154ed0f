import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isAddress } from '../../src/email-address.js';
import { adminOf } from '../support/admin.js';
import type { TestApp } from '../support/app.js';
import type { Answer, Browser } from '../support/browser.js';
import { isLong } from '../support/long.js';
import { type MailApp, startMailApp } from '../support/mail-app.js';

/** A document, as far as bodies go. */
interface Documented {
  paths: Record<
    string,
    Record<
      string,
      {
        operationId: string;
        requestBody?: {
          content: Record<string, { schema: { $ref?: string }; examples: { example: { value: object } } }>;
        };
      }
    >
  >;
  components: { schemas: Record<string, { properties?: object; required?: string[] }> };
}

const DIALECTS = ['standard', 'envelope', 'django', 'django-legacy'] as const;
const WAYS = DIALECTS.flatMap((dialect) =>
  (['email', 'username', 'both'] as const).map((signInWith) => ({ dialect, signInWith })),
);

const shownIn = (body: Documented['paths'][string][string]['requestBody']) =>
  Object.values(body?.content ?? {})[0];

/** The short form has each dialect once, and each way at least once. */
const SHORT = WAYS.filter((_, i) => [2, 4, 8].includes(i) || i === 10);

describe.each(isLong ? WAYS : SHORT)('$dialect, SIGN_IN_WITH=$signInWith', ({ dialect, signInWith }) => {
  let mailApp: MailApp;
  let app: TestApp;
  let document: Documented;
  const isDjango = dialect.startsWith('django');
  beforeAll(async () => {
    mailApp = await startMailApp({ dialect, signInWith, emailCodeLogin: true });
    ({ app } = mailApp);
    document = (await app.browser().get('/openapi.json')).body as unknown as Documented;
  });
  afterAll(() => mailApp.close());

  const operations = () =>
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        path,
        method: method.toUpperCase(),
        ...operation,
      })),
    );
  function named(id: string) {
    const found = operations().find(({ operationId }) => operationId === id);
    if (!found) throw new Error(`no operation ${id}`);
    return found;
  }
  const exampleOf = (id: string) => shownIn(named(id).requestBody)?.examples.example.value;
  function fieldsOf(id: string): string[] {
    const name = shownIn(named(id).requestBody)?.schema.$ref?.split('/').at(-1) ?? '';
    return Object.keys(document.components.schemas[name]?.properties ?? {});
  }
  const requiredOf = (id: string): string[] => {
    const name = shownIn(named(id).requestBody)?.schema.$ref?.split('/').at(-1) ?? '';
    return document.components.schemas[name]?.required ?? [];
  };
  const send = (id: string, json: object | undefined, browser = app.browser()): Promise<Answer> => {
    const { method, path } = named(id);
    return browser.send(method, path, { json });
  };

  test('the document has the names that sign in, and its examples work one after the other', async () => {
    const hasNames = signInWith !== 'email';
    // dj-rest-auth has the field whatever the settings are.
    for (const id of [
      'obtainToken',
      'register',
      'resetPassword',
      'updateUser',
      'acceptInvitation',
      'updateManagedUser',
      'createUser',
    ])
      expect([id, fieldsOf(id).includes('username')]).toEqual([id, hasNames]);
    const isNameNeeded = signInWith === 'username' || (isDjango && signInWith === 'both');
    expect([requiredOf('register').includes('username'), requiredOf('register').includes('email')]).toEqual([
      isNameNeeded,
      !hasNames,
    ]);
    expect(JSON.stringify(document).includes('"username"')).toBe(hasNames || isDjango);

    const registered = await send('register', exampleOf('register'));
    expect([registered.status, registered.text]).toEqual([201, expect.any(String)]);
    const [login, token] = [
      await send('login', exampleOf('login')),
      await send('obtainToken', exampleOf('obtainToken')),
    ];
    expect([login.status, token.status]).toEqual([200, 200]);
    expect(login.text.includes('"username":"ada"')).toBe(hasNames && dialect !== 'envelope');
    expect((await send('resetPassword', exampleOf('resetPassword'))).status).toBe(200);
    expect((await mailApp.mail.emailTo('ada@example.com')).text).toContain('requested a new password');
  });

  // Each of the operations that the document shows, with the body that it shows.
  (signInWith === 'both' ? test : test.skip)(
    'no operation fails for an account without an address, and no email goes to nobody',
    async () => {
      const password = 'marble cactus orbit lantern';
      const user = async (): Promise<{ browser: Browser; username: string }> => {
        const browser = app.browser();
        const username = `x${randomBytes(6).toString('hex')}`;
        const secret = isDjango ? { password1: password, password2: password } : { password };
        const { status, body, text } = await send('register', { username, ...secret }, browser);
        if (status !== 201) throw new Error(text);
        const { access, token } = body as { access?: string; token?: string | { access: string } };
        browser.accessToken ??= access ?? (typeof token === 'string' ? token : token?.access);
        return { browser, username };
      };
      // What administrators do has one form in every dialect.
      const admin = dialect === 'standard' ? await adminOf(app) : undefined;
      const failed: unknown[] = [];
      for (const { path, method, requestBody } of operations()) {
        if (!path.startsWith('/auth')) continue;
        const isForAdmins = path.startsWith('/auth/admin/');
        if (isForAdmins && !admin) continue;
        const { browser, username } = await user();
        const [row] = await app.sql<{ id: string }>('SELECT id FROM tokenjar.users WHERE username = $1', [
          username,
        ]);
        const filled = path
          .replace(/\{(id|user)\}/g, path.includes('/admin/users/') ? String(row?.id) : randomUUID())
          .replace(/\{\w+\}/g, randomUUID());
        const shown = shownIn(requestBody)?.examples.example.value;
        const json = shown && {
          ...shown,
          ...('username' in shown && { username }),
          ...('password' in shown && { password }),
          ...('old_password' in shown && { old_password: password }),
        };
        const { status, text } = await (isForAdmins ? (admin ?? browser) : browser).send(method, filled, {
          json,
        });
        if (status >= 500) failed.push([method, path, status, text]);
        if (isForAdmins && admin) await admin.refresh();
      }
      expect(failed).toEqual([]);
      expect(mailApp.mail.emails.flatMap(({ to }) => to).filter((to) => !isAddress(to))).toEqual([]);
    },
  );
});
