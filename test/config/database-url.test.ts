import { expect, test } from '@jest/globals';
import { DatabaseUrlError, parseDatabaseUrl } from '../../src/config/database-url.js';

const at = (host: string | undefined, port?: number) => ({ host, port });

test.each<[string, object]>([
  ['postgres://', { hosts: [at(undefined)] }],
  ['postgresql://ada@db/app', { hosts: [at('db')], user: 'ada', password: undefined, database: 'app' }],
  ['postgres://ada:p%40ss%2F@db:5433/app', { hosts: [at('db', 5433)], password: 'p@ss/' }],
  ['postgres://ada:a:b@db/app', { password: 'a:b' }],
  ['postgres://ada:@db/app', { password: '' }],
  // A unix socket, in the three ways that are written.
  ['postgres://u:p@/db?host=/run/postgresql', { hosts: [at('/run/postgresql')], user: 'u', database: 'db' }],
  ['postgres://u:p@/db?host=/cloudsql/a:b:c', { hosts: [at('/cloudsql/a:b:c')] }],
  ['postgres://u:p@%2Frun%2Fpostgresql/db', { hosts: [at('/run/postgresql')] }],
  ['postgres://u@/db?host=/run&port=5433', { hosts: [at('/run', 5433)] }],
  ['postgres://[::1]:5433/db', { hosts: [at('::1', 5433)] }],
  ['postgres:///db?host=::1,b&port=1,2', { hosts: [at('::1', 1), at('b', 2)] }],
  [
    'postgres://a:1,b,[::1]:3/db?target_session_attrs=primary',
    { hosts: [at('a', 1), at('b'), at('::1', 3)] },
  ],
  ['postgres:///?dbname=app&user=ada&password=x%26y', { database: 'app', user: 'ada', password: 'x&y' }],
  ['postgres://db/app?options=-c%20work_mem%3D8MB', { parameters: { options: '-c work_mem=8MB' } }],
  ['postgres://db/app?sslmode=verify-full&sslrootcert=/ca.pem&schema=public', { hosts: [at('db')] }],
])('%s', (url, said) => {
  expect(parseDatabaseUrl(url)).toMatchObject(said);
});

test.each([
  ['postgres://ada:hunt#er2@db/app', /write %23, %2F and %3F/],
  ['postgres://ada:hunt/er2@db/app', /%2F/],
  ['postgres://ada:hunt?er2@db/app', /%3F/],
  ['postgres://ada:hunter2%@db/app', /write %25/],
  ['postgres://ada:hunter2@db:port/app', /must be an address|must name a port/],
  ['postgres://ada:hunter2@db:70000/app', /port from 1 to 65535/],
  ['mysql://ada:hunter2@db/app', /must be an address like postgres:/],
  ['postgres://a,b/app?port=1,2,3', /one port/],
  ['postgres://db/app?sslmod=require', /unknown parameter sslmod/],
  ['postgres://db/app?sslmode=allow', /sslmode of disable, prefer, require/],
  ['postgres://a,b/app?target_session_attrs=standby', /any, primary or read-write/],
])('refuses %s without repeating it', (url, why) => {
  expect(() => parseDatabaseUrl(url)).toThrow(DatabaseUrlError);
  expect(() => parseDatabaseUrl(url)).toThrow(why);
  expect(() => parseDatabaseUrl(url)).not.toThrow(/hunt/);
});
