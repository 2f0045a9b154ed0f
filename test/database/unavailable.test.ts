import { expect, test } from '@jest/globals';
import { QueryFailedError } from 'typeorm';
import { isUnavailable } from '../../src/database/unavailable.js';

const coded = (code: string, facts: object = {}): Error =>
  Object.assign(new Error('it failed'), { code, ...facts });
const failedQuery = (code: string): Error => new QueryFailedError('SELECT 1', [], coded(code));

test.each<[string, unknown]>([
  ['a connection that broke', coded('08006')],
  ['too many connections', coded('53300')],
  ['a full disk', coded('53100')],
  ['an administrator who stops the server', coded('57P01')],
  ['a server that crashed', coded('57P02')],
  ['a server that starts', coded('57P03')],
  ['an idle session that was closed', coded('57P05')],
  ['a disk that fails', coded('58030')],
  ['a database closed for maintenance', coded('55000')],
  ['a role that may not log in for now', coded('28P01')],
  ['a database that is being replaced', coded('3D000')],
  ['a statement that took too long', coded('57014')],
  ['a standby that may not write', coded('25006')],
  ['a transaction to be repeated', coded('40001')],
  ['a deadlock', coded('40P01')],
  ['a lock that was not had in time', coded('55P03')],
  ['nobody there', coded('ECONNREFUSED', { syscall: 'connect' })],
  ['a connection reset', coded('ECONNRESET')],
  ['a name that cannot be looked up', coded('EAI_AGAIN')],
  ['a socket that is gone', coded('ENOENT', { syscall: 'connect', path: '/data/.s.PGSQL.5432' })],
  ['what pg says without a code', new Error('Connection terminated unexpectedly')],
  ['a pool that waited in vain', new Error('timeout exceeded when trying to connect')],
  ['a connection that is not made in time', new Error('timeout expired')],
  ['a query that TypeORM reports', failedQuery('57P01')],
  [
    'the cause of something else',
    new Error('no session', { cause: new Error('why', { cause: coded('08003') }) }),
  ],
  ['one of several addresses', new AggregateError([coded('EACCES'), coded('ECONNREFUSED')])],
])('%s is a temporary failure', (_, error) => {
  expect(isUnavailable(error)).toBe(true);
});

test.each<[string, unknown]>([
  ['a row that exists', coded('23505')],
  ['a reference to nothing', failedQuery('23503')],
  ['no such table', coded('42P01')],
  ['no right', coded('42501')],
  ['a value that does not fit', coded('22P02')],
  ['a file that is not there', coded('ENOENT', { syscall: 'open', path: '/etc/key.pem' })],
  ['a mistake in the code', new TypeError('x is not a function')],
  ['a number for a code', Object.assign(new Error('it failed'), { code: 8006 })],
  ['several, none of them that', new AggregateError([coded('23505'), new Error('no')])],
  ['a text', 'ECONNREFUSED'],
  ['nothing', undefined],
])('%s is an error of the request', (_, error) => {
  expect(isUnavailable(error)).toBe(false);
});
