import { describe, expect, test } from '@jest/globals';
import { RouteTable } from '../../src/http/route-table.js';

const table = new RouteTable();
table.add('POST', '/auth/login');
table.add(['GET', 'HEAD'], '/auth/user');
table.add('PATCH', '/auth/user/');
table.add('GET', '/auth/user');
table.add('DELETE', '/auth/sessions/:id');
table.add('DELETE', '/auth/sessions');
table.add('GET', '/');
table.add(['GET', 'HEAD'], '/docs/*');

describe('the methods of a path', () => {
  test.each<[string, string[]]>([
    ['/auth/login', ['POST']],
    ['/auth/login/', ['POST']],
    ['//auth///login', ['POST']],
    ['/auth/login?next=/auth/user', ['POST']],
    ['/auth/user', ['GET', 'HEAD', 'PATCH']],
    ['/auth/user/?', ['GET', 'HEAD', 'PATCH']],
    ['/auth/sessions', ['DELETE']],
    ['/auth/sessions/anything', ['DELETE']],
    ['/', ['GET']],
    ['', ['GET']],
    ['/?a=b', ['GET']],
  ])('%s: %j', (url, methods) => expect(table.allowedAt(url)).toEqual(methods));

  test.each([
    '/auth',
    '/auth/Login',
    '/auth/login/x',
    '/auth/sessions/a/b',
    '/login',
    '/auth/:id',
    '/docs/swagger-ui.css',
    '/nothing',
    '/auth%2Flogin',
  ])('%s: none', (url) => expect(table.allowedAt(url)).toEqual([]));

  test('an empty table has none', () => expect(new RouteTable().allowedAt('/')).toEqual([]));
});
