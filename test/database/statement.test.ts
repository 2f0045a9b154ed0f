import { expect, test } from '@jest/globals';
import { expectTypeOf } from 'expect-type';
import { Database } from '../../src/database/database.js';
import { statement } from '../../src/database/statement.js';
import { startApp } from '../support/app.js';

const ADD = statement<[first: number, second: number, note: string], { sum: number; note: string }>(
  'test_add',
  'SELECT $1::int + $2::int AS sum, $3::text AS note',
);

/** Looked at by the compiler alone: `npm run lint` fails where one of these is let through. */
export const refused = (db: Database) => [
  // @ts-expect-error a value is missing
  db.run(ADD, [1, 2]),
  // @ts-expect-error one is too many
  db.run(ADD, [1, 2, 'three', 4]),
  // @ts-expect-error they are in another order
  db.run(ADD, [1, 'three', 2]),
  // @ts-expect-error it does not say what its parameters are
  db.run({ name: 'test_any', text: 'SELECT $1' }, [1]),
];

test('a statement has typed parameters and rows', async () => {
  const app = await startApp();
  const rows = await app.app.get(Database).run(ADD, [1, 2, 'three']);
  expectTypeOf(rows).toEqualTypeOf<{ sum: number; note: string }[]>();
  expect(rows).toEqual([{ sum: 3, note: 'three' }]);
  await app.close();
});
