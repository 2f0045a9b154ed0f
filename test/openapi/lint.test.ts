import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { has } from '../../src/http/dialects/dialect.js';
import { DIALECTS } from '../../src/http/dialects/dialects.js';
import { needsAccessToken } from '../../src/http/operation-row.js';
import { ROUTES } from '../../src/http/operations.js';
import { PASSWORD } from '../support/app.js';
import { idsWhere } from '../support/operations.js';
import { Conversation, WIRES } from './conversation.js';

/** And what is off elsewhere, because browsers take it over https alone. */
const BOUND = WIRES.slice(0, 1).map(([name, settings]): (typeof WIRES)[number] => [
  `${name}, bound`,
  { ...settings, deviceBoundSessions: true },
]);

describe.each([...WIRES, ...BOUND])('%s', (_name, settings) => {
  let talk: Conversation;
  beforeAll(async () => {
    talk = await Conversation.start(settings);
  });
  afterAll(() => talk.app.close());

  test('Redocly’s recommended rules report nothing, not even warnings', async () => {
    const config = await createConfig({
      extends: ['recommended'],
      // Where providers send browsers, there is nothing but a redirect.
      // The social endpoints of dj-rest-auth begin with the name of a provider, which is never that of another path.
      rules: { 'operation-2xx-response': 'off', 'no-ambiguous-paths': 'off' },
    });
    const problems = await lintFromString({ source: JSON.stringify(talk.contract.document), config });
    expect(problems.map(({ ruleId, message, location }) => [ruleId, message, location[0]?.pointer])).toEqual(
      [],
    );
  });

  test('the server serves the same document', async () => {
    const { body } = await talk.app.browser().get('/openapi.json');
    expect(body).toEqual(talk.contract.document);
  });

  test('every operation has security, a summary and a tag', () => {
    const guarded: string[] = [];
    for (const { operation } of talk.operations) {
      expect(operation).toMatchObject({ summary: expect.any(String), tags: [expect.any(String)] });
      expect([operation.operationId, operation.security]).toEqual([operation.operationId, expect.any(Array)]);
      if (operation.security.some((each) => 'access' in each)) guarded.push(operation.operationId);
    }
    expect(guarded.sort()).toEqual(
      idsWhere(({ access }) => needsAccessToken(access) || access === 'service')
        // Some are those of dj-rest-auth, and the other dialects lack them.
        .filter((id) =>
          ROUTES.some((each) => each.id === id && has(DIALECTS[settings.dialect ?? 'standard'], each)),
        )
        .sort(),
    );
  });

  test('every body has an example, and JSON precedes forms', () => {
    for (const { operation } of talk.operations) {
      const { operationId, requestBody, responses } = operation;
      if (requestBody)
        expect([operationId, Object.keys(requestBody.content)[0]]).toEqual([operationId, 'application/json']);
      const described = Object.keys(responses).map((status) =>
        talk.contract.responseOf(operation, Number(status)),
      );
      for (const body of [requestBody, ...described])
        for (const { examples } of Object.values(body?.content ?? {}))
          expect([operationId, Object.keys(examples).length > 0]).toEqual([operationId, true]);
    }
  });

  test('every schema with fields has a name, unless it is part of another', () => {
    for (const { operation } of talk.operations)
      for (const { schema } of Object.values(operation.requestBody?.content ?? {}))
        expect([operation.operationId, schema]).toEqual([
          operation.operationId,
          { $ref: expect.stringMatching(/^#\/components\/schemas\/\w+$/) },
        ]);
    const said = JSON.stringify(talk.contract.document);
    expect(said).not.toMatch(/9007199254740991|"propertyNames"|\(\?:\\\\d\\\\d/);
  });
});

const COOKIE_BODY = ['refreshToken', 'logout'] as const;

test.each([
  ['cookie', [], [[{ refresh: [] }], [{ refresh: [] }, {}]]],
  ['body', ['refreshToken', 'logout'], [[], []]],
  [
    'both',
    ['refreshToken', 'logout'],
    [
      [{ refresh: [] }, {}],
      [{ refresh: [] }, {}],
    ],
  ],
] as const)(
  'REFRESH_TOKEN_IN=%s determines which operations take a body',
  async (refreshTokenIn, takers, security) => {
    const talk = await Conversation.start({ refreshTokenIn });
    try {
      const operations = COOKIE_BODY.map((name) => talk.named(name).operation);
      expect(
        operations.filter(({ requestBody }) => requestBody).map(({ operationId }) => operationId),
      ).toEqual(takers);
      expect(operations.map((operation) => operation.security)).toEqual(security);
    } finally {
      await talk.app.close();
    }
  },
);

test.each([
  [{}, 'refresh_token', '__Host-refresh_token'],
  [{ cookieSecure: true }, '__Host-refresh_token', undefined],
  [{ cookieSecure: true, cookiePath: '/auth' }, '__Secure-refresh_token', undefined],
  [{ cookieSecure: false }, 'refresh_token', undefined],
  [{ cookiePrefix: 'none', cookieName: 'rt' }, 'rt', undefined],
] as const)('the cookie of %j has its configured name', async (settings, name, secureName) => {
  const talk = await Conversation.start(settings);
  try {
    const { securitySchemes } = talk.contract.document.components;
    expect(Object.keys(securitySchemes)).toEqual(['access', 'refresh']);
    expect(securitySchemes.refresh).toMatchObject({ type: 'apiKey', in: 'cookie', name });
    if (secureName) expect(securitySchemes.refresh?.description).toContain(secureName);
    const { setCookie } = await talk.signedIn().then((user) =>
      talk.send(user, talk.named('login'), {
        json: { email: user.email, password: PASSWORD },
      }),
    );
    expect(setCookie[0]?.startsWith(`${name}=`)).toBe(true);
  } finally {
    await talk.app.close();
  }
});
