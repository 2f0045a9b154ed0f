import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type TestApp, uniqueEmail } from '../support/app.js';
import { CHALLENGE, type Member, member, PASSWORD, startDjango } from './django-client.js';

let app: TestApp;
let ada: Member;
beforeAll(async () => {
  app = await startDjango();
  ada = await member(app);
});
afterAll(() => app.close());

const JSON_TYPE = { 'content-type': 'application/json' };
const post = (path: string, json: unknown) => app.browser().post(path, json);

const REQUIRED = ['This field is required.'];
const BLANK = ['This field may not be blank.'];
const NULL = ['This field may not be null.'];
const NO_STRING = ['Not a valid string.'];

/** Every form, with the fields that have to be there. */
const FORMS: [path: string, fields: string[]][] = [
  ['/auth/token/', ['email', 'password']],
  ['/auth/token/verify/', ['token']],
  ['/auth/token/blacklist/', ['refresh']],
  ['/auth/login/', ['password']],
  ['/auth/registration/', ['email', 'password1', 'password2']],
  ['/auth/password/change/', ['old_password', 'new_password1', 'new_password2']],
];
/** Stands for "left out": JSON drops it. */
const ABSENT = undefined;
const VALUES: [value: unknown, text: string[]][] = [
  [ABSENT, REQUIRED],
  ['', BLANK],
  ['   ', BLANK],
  [null, NULL],
  [true, NO_STRING],
  [false, NO_STRING],
  [[], NO_STRING],
  [['a'], NO_STRING],
  [{}, NO_STRING],
  [{ a: 1 }, NO_STRING],
];

describe('fields', () => {
  test.each(
    FORMS.flatMap(([path, fields]) => VALUES.map(([value, text]) => ({ path, fields, value, text }))),
  )('$path: $value in every field', async ({ path, fields, value, text }) => {
    const body = Object.fromEntries(fields.map((field) => [field, value]));
    const answer = await ada.browser.post(path, body);
    expect([answer.status, answer.body]).toEqual([
      400,
      Object.fromEntries(fields.map((field) => [field, text])),
    ]);
    expect(answer.headers.get('www-authenticate')).toBeNull();
  });

  test('each field has its own message', async () => {
    expect((await post('/auth/token/', { email: null, password: '' })).body).toEqual({
      email: NULL,
      password: BLANK,
    });
    expect((await post('/auth/login/', { username: [], email: 7, password: {} })).body).toEqual({
      username: NO_STRING,
      email: ['Enter a valid email address.'],
      password: NO_STRING,
    });
  });

  test('a number is accepted as text', async () => {
    const email = uniqueEmail();
    const made = await post('/auth/registration/', {
      email,
      password1: 84719.36,
      password2: '84719.36',
    });
    expect(made.status).toBe(201);
    expect((await post('/auth/token/', { email, password: 84719.36 })).status).toBe(200);
  });

  test('whitespace is trimmed from an address, but, unlike in DRF, not from a password', async () => {
    const email = uniqueEmail();
    const password = ` ${PASSWORD} `;
    const made = await post('/auth/registration/', {
      email: ` ${email} `,
      password1: password,
      password2: password,
    });
    expect(made.status).toBe(201);
    expect((await post('/auth/login/', { email: ` ${email}\n`, password })).status).toBe(200);
    expect((await post('/auth/token/', { email: ` ${email} `, password })).status).toBe(200);
    expect((await post('/auth/token/', { email, password: PASSWORD })).status).toBe(401);
  });

  test.each([
    ['a\0b', 'Null characters are not allowed.'],
    ['a\ud800b', 'Surrogate characters are not allowed: U+D800.'],
    ['a'.repeat(4097), 'Ensure this field has no more than 4096 characters.'],
  ])('refuses text that cannot be a password: %#', async (password, text) => {
    const { status, body } = await post('/auth/token/', { email: ada.email, password });
    expect([status, body]).toEqual([400, { password: [text] }]);
  });

  test.each([
    'zz',
    'a@b',
    '@example.com',
    'a@',
    'a b@example.com',
    'a@example',
    'a@-example.com',
    'a@example-.com',
    'a..b@example.com',
    'a@example.com.',
    'a@exa_mple.com',
    'a@b@example',
  ])('%j is not an address', async (email) => {
    const refused = { email: ['Enter a valid email address.'] };
    expect((await post('/auth/login/', { email, password: 'x' })).body).toEqual(refused);
    const body = { email, password1: PASSWORD, password2: PASSWORD };
    expect((await post('/auth/registration/', body)).body).toEqual(refused);
  });

  test.each(['a@localhost', "o'hara+x@example.co.uk", 'a@bücher.example', 'A@EXAMPLE.COM'])(
    '%j is one',
    async (email) => {
      const { body } = await post('/auth/login/', { email, password: 'x' });
      expect(body).toEqual({ non_field_errors: ['Unable to log in with provided credentials.'] });
    },
  );
});

describe('bodies', () => {
  const PATHS = [
    '/auth/token/',
    '/auth/login/',
    '/auth/registration/',
    '/auth/token/verify/',
    '/auth/password/change/',
  ];
  const NO_OBJECT: [body: string, text: string][] = [
    ['[]', 'Invalid data. Expected a dictionary, but got list.'],
    ['[{"email": "a"}]', 'Invalid data. Expected a dictionary, but got list.'],
    ['"text"', 'Invalid data. Expected a dictionary, but got str.'],
    ['1', 'Invalid data. Expected a dictionary, but got int.'],
    ['1.5', 'Invalid data. Expected a dictionary, but got float.'],
    ['true', 'Invalid data. Expected a dictionary, but got bool.'],
    ['null', 'No data provided'],
  ];
  test.each(PATHS.flatMap((path) => NO_OBJECT.map(([body, text]) => ({ path, body, text }))))(
    '$path: $body',
    async ({ path, body, text }) => {
      const answer = await ada.browser.send('POST', path, { body, headers: JSON_TYPE });
      expect([answer.status, answer.body]).toEqual([400, { non_field_errors: [text] }]);
    },
  );

  test.each(['hello', '{', '{"a":}', ' ', '{"email": NaN}', "{'a': 1}"])('%j is not JSON', async (body) => {
    for (const path of PATHS) {
      const answer = await ada.browser.send('POST', path, { body, headers: JSON_TYPE });
      expect([answer.status, answer.body]).toEqual([
        400,
        { detail: expect.stringMatching(/^JSON parse error - ./) as unknown },
      ]);
    }
  });

  test('a missing body is an empty form', async () => {
    for (const headers of [{}, JSON_TYPE, { 'content-type': 'application/x-www-form-urlencoded' }]) {
      const answer = await app.browser().send('POST', '/auth/token/', { headers });
      expect([answer.status, answer.body]).toEqual([400, { email: REQUIRED, password: REQUIRED }]);
    }
  });

  test('a form', async () => {
    const answer = await app
      .browser()
      .send('POST', '/auth/login/', { form: { email: ada.email, password: PASSWORD } });
    expect(answer.status).toBe(200);
    const blank = await app.browser().send('POST', '/auth/token/', { form: { email: '' } });
    expect([blank.status, blank.body]).toEqual([400, { email: BLANK, password: REQUIRED }]);
  });

  test('a multipart form', async () => {
    const form = new FormData();
    form.set('email', ada.email);
    form.set('password', PASSWORD);
    const sent = new Response(form);
    const answer = await app.browser().send('POST', '/auth/token/', {
      body: await sent.text(),
      headers: { 'content-type': sent.headers.get('content-type') ?? '' },
    });
    expect(answer.status).toBe(200);
    const broken = await app.browser().send('POST', '/auth/token/', {
      body: 'hello',
      headers: { 'content-type': 'multipart/form-data' },
    });
    expect([broken.status, broken.body]).toEqual([
      400,
      { detail: expect.stringMatching(/^Multipart form parse error - /) as unknown },
    ]);
  });

  test.each(['text/plain', 'text/plain;charset=UTF-8', 'application/xml', 'nonsense'])('%s', async (type) => {
    for (const path of PATHS) {
      const answer = await ada.browser.send('POST', path, {
        body: 'hello',
        headers: { 'content-type': type },
      });
      expect([answer.status, answer.body]).toEqual([
        415,
        { detail: `Unsupported media type "${type}" in request.` },
      ]);
    }
  });
});

describe('methods', () => {
  const OPEN = [
    '/auth/token/',
    '/auth/token/refresh/',
    '/auth/token/verify/',
    '/auth/token/blacklist/',
    '/auth/login/',
    '/auth/logout/',
    '/auth/registration/',
  ];
  test.each(OPEN.flatMap((path) => ['GET', 'PUT', 'PATCH', 'DELETE'].map((method) => ({ path, method }))))(
    '$method $path',
    async ({ path, method }) => {
      const answer = await app.browser().send(method, path);
      expect([answer.status, answer.body]).toEqual([405, { detail: `Method "${method}" not allowed.` }]);
      expect(answer.headers.get('allow')).toBe('POST');
    },
  );

  test.each([
    ['GET', '/auth/password/change/', 'POST'],
    ['DELETE', '/auth/password/change/', 'POST'],
    ['POST', '/auth/user/', 'DELETE, GET, HEAD, PATCH, PUT'],
    // Ours has one, for whoever sends the password.
    ['DELETE', '/auth/user/', 'GET, HEAD, PATCH, PUT'],
  ])('%s %s, signed in', async (method, path, allow) => {
    const answer = await ada.browser.send(method, path);
    expect([answer.status, answer.body]).toEqual([405, { detail: `Method "${method}" not allowed.` }]);
    expect(answer.headers.get('allow')).toBe(allow);
  });

  test('authentication is checked before the body', async () => {
    const answers = [
      await app.browser().send('GET', '/auth/password/change/'),
      await app.browser().send('POST', '/auth/user/'),
      await app.browser().send('DELETE', '/auth/user/'),
      await app.browser().send('PUT', '/auth/user', { body: '{', headers: JSON_TYPE }),
      await app
        .browser()
        .send('POST', '/auth/password/change/', { body: 'x', headers: { 'content-type': 'text/plain' } }),
    ];
    for (const { status, body, headers } of answers) {
      expect([status, body]).toEqual([401, { detail: 'Authentication credentials were not provided.' }]);
      expect(headers.get('www-authenticate')).toBe(CHALLENGE);
    }
  });

  test('unknown paths', async () => {
    const { status, body } = await app.browser().get('/auth/nothing/');
    expect([status, body]).toEqual([404, { detail: 'Not found.' }]);
  });

  test.each([...OPEN, '/auth/user/', '/auth/password/change/'])(
    '%s needs no slash at its end',
    async (path) => {
      const method = path === '/auth/user/' ? 'GET' : 'POST';
      const [one, other] = [
        await app.browser().send(method, path),
        await app.browser().send(method, path.slice(0, -1)),
      ];
      expect([one.status, one.text]).toEqual([other.status, other.text]);
      expect(one.status).not.toBe(404);
    },
  );
});
