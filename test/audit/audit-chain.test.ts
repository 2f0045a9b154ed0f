import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import pg from 'pg';
import { AuditChain, type EventQueries } from '../../src/audit/audit-chain.js';
import { AuditVerification, type Verification } from '../../src/audit/audit-verification.js';
import { AuditBatch } from '../../src/audit/audit-batch.entity.js';
import { APPEND, DIGEST } from '../../src/audit/audit-chain-statements.js';
import { ChainKeys, GENESIS, hashOf } from '../../src/audit/chain-hash.js';
import { Database } from '../../src/database/database.js';
import { Purge } from '../../src/housekeeping/purge.js';
import { SECRET_KEY, startApp, type TestApp } from '../support/app.js';
import { createDatabase, isEmbedded, type TestDatabase } from '../support/database.js';

let database: TestDatabase;
let app: TestApp;
beforeEach(async () => {
  database = await createDatabase();
  app = await startApp({}, database);
  // The tests seal when they want to.
  await app.app.get(AuditChain).onModuleDestroy();
});
afterEach(async () => {
  await app.close();
  await database.drop();
});

const INSERT = `INSERT INTO tokenjar.audit_events (at, event, outcome, reason, user_id, ip, user_agent, request_id)
  SELECT $1, 'login', 'success', 'r' || i, i, '192.0.2.1', 'agent "', 'ü' FROM generate_series(1, $2::int) i`;

async function record(count: number): Promise<void> {
  await app.sql(INSERT, [app.clock.now(), count]);
}
const seal = () => app.app.get(AuditChain).run();
const verify = (keys: [string, ...string[]] = [SECRET_KEY], more = {}): Promise<Verification> =>
  AuditVerification.run(app.app.get(Database), new ChainKeys(keys), more);
/** As whoever has the rights of the owner of the tables. */
async function tamper(sql: string, values: unknown[] = []): Promise<void> {
  await app.sql('ALTER TABLE tokenjar.audit_events DISABLE TRIGGER USER');
  await app.sql(sql, values);
  await app.sql('ALTER TABLE tokenjar.audit_events ENABLE TRIGGER USER');
}
const idsOf = async () =>
  (await app.sql<{ id: number }>('SELECT id FROM tokenjar.audit_events ORDER BY id')).map(({ id }) => id);

/** Batches of some events, half a minute apart. */
async function sealed(...sizes: number[]): Promise<number[]> {
  for (const size of sizes) {
    await record(size);
    await seal();
    app.clock.advance(30);
  }
  return idsOf();
}

describe('the chain', () => {
  test('seals every event once, and says what is not sealed yet', async () => {
    await sealed(3, 1, 2500);
    await record(2);
    const { finding, events, batches, unsealed, isSigned } = await verify();
    expect({ finding, events, batches, unsealed, isSigned }).toEqual({
      finding: undefined,
      events: 2504,
      batches: 5,
      unsealed: 2,
      isSigned: true,
    });
    await seal();
    await seal();
    expect(await verify()).toMatchObject({ finding: undefined, events: 2506, batches: 6, unsealed: 0 });
  });

  test('whoever seals everything is done when everything is, also if another instance was faster', async () => {
    const db = app.app.get(Database);
    let isFirst = true;
    const behind: EventQueries = {
      run: async (statement, values) => {
        // It has read; then another one seals the same, and more happens.
        if (statement.name === APPEND.name && isFirst) {
          isFirst = false;
          await sealed(0);
          await record(2);
        }
        return db.run(statement, values);
      },
      close: () => Promise.resolve(),
    };
    await record(1);
    const keys = new ChainKeys([SECRET_KEY]);
    await new AuditChain(behind, app.clock, keys, { auditRetention: 86_400 }).run();
    expect(await verify()).toMatchObject({ finding: undefined, events: 3, batches: 2, unsealed: 0 });
  });

  test('names any event that was changed, removed or inserted', async () => {
    const ids = await sealed(5, 4, 6, 1);
    const columns = [
      'event',
      'reason',
      'user_id',
      'outcome',
      'at',
      'ip',
      'user_agent',
      'actor',
      'count',
      'methods',
    ];
    const changes: Record<string, string> = {
      event: `'logout'`,
      reason: 'NULL',
      user_id: 'user_id + 1',
      outcome: `'failure'`,
      at: `at - interval '1 millisecond'`,
      ip: `'192.0.2.0/24'`,
      user_agent: `user_agent || ' '`,
      actor: `''`,
      count: 'count + 1',
      methods: `'{pwd}'`,
    };
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('changed' as const, 'removed' as const, 'inserted' as const),
        fc.nat(ids.length - 1),
        fc.constantFrom(...columns),
        async (what, index, column) => {
          await app.sql('CREATE TABLE tokenjar.kept AS SELECT * FROM tokenjar.audit_events');
          const id = ids[index] ?? 0;
          let named = id;
          if (what === 'changed')
            await tamper(`UPDATE tokenjar.audit_events SET ${column} = ${changes[column]} WHERE id = $1`, [
              id,
            ]);
          if (what === 'removed') await tamper('DELETE FROM tokenjar.audit_events WHERE id = $1', [id]);
          if (what === 'inserted') {
            // In the place of another, as that one is all there was of its time; or before all.
            named = -1 - index;
            await tamper(
              `INSERT INTO tokenjar.audit_events (id, at, event, outcome, written_by) OVERRIDING SYSTEM VALUE
                SELECT $2, at, 'login', 'success', CASE WHEN $3 THEN written_by ELSE pg_current_xact_id()::text::bigint END
                FROM tokenjar.audit_events WHERE id = $1`,
              [id, named, index % 2 === 0],
            );
          }
          const before = (await verify()).finding;
          expect(before).toMatchObject({ what: `event_${what}`, eventId: named });
          // Sealing does not cover it up.
          await seal();
          expect((await verify()).finding).toMatchObject({ what: `event_${what}`, eventId: named });
          await app.sql('DELETE FROM tokenjar.audit_batches WHERE number > 4');
          await app.sql('TRUNCATE tokenjar.audit_events');
          await app.sql(
            'INSERT INTO tokenjar.audit_events OVERRIDING SYSTEM VALUE SELECT * FROM tokenjar.kept',
          );
          await app.sql('DROP TABLE tokenjar.kept');
          expect((await verify()).finding).toBeUndefined();
        },
      ),
      { numRuns: 25 },
    );
  });

  test('a row with an ID that the sequence has not reached', async () => {
    await sealed(2);
    await tamper(
      `INSERT INTO tokenjar.audit_events (id, at, event, outcome) OVERRIDING SYSTEM VALUE VALUES (9000, $1, 'login', 'success')`,
      [app.clock.now()],
    );
    await sealed(2);
    expect((await verify()).finding).toEqual({ what: 'event_inserted', eventId: 9000, batch: null });
  });

  test('records of batches: changed, removed, cut off, sealed anew by somebody without the key', async () => {
    const ids = await sealed(2, 2, 2);
    const { head } = await verify();
    const find = async (sql: string) => {
      await app.sql('CREATE TABLE tokenjar.kept AS SELECT * FROM tokenjar.audit_batches');
      await app.sql(sql);
      const verification = await verify([SECRET_KEY], { expected: head });
      await app.sql('TRUNCATE tokenjar.audit_batches');
      await app.sql('INSERT INTO tokenjar.audit_batches SELECT * FROM tokenjar.kept');
      await app.sql('DROP TABLE tokenjar.kept');
      return verification;
    };
    const batch = 'tokenjar.audit_batches';
    expect(
      (await find(`UPDATE ${batch} SET sealed_at = sealed_at + interval '1 s' WHERE number = 2`)).finding,
    ).toEqual({ what: 'batch_changed', eventId: ids[2], batch: 2 });
    expect((await find(`UPDATE ${batch} SET signature = '\\x00' WHERE number = 3`)).finding).toEqual({
      what: 'batch_changed',
      eventId: ids[4],
      batch: 3,
    });
    // Of the right length, under the name of our key.
    const flipped = 'set_byte(signature, 0, get_byte(signature, 0) # 1)';
    expect((await find(`UPDATE ${batch} SET signature = ${flipped} WHERE number = 3`)).finding).toMatchObject(
      {
        what: 'batch_changed',
        batch: 3,
      },
    );
    expect((await find(`DELETE FROM ${batch} WHERE number = 2`)).finding).toMatchObject({
      what: 'batch_removed',
      batch: 2,
    });
    expect((await find(`DELETE FROM ${batch} WHERE number = 3`)).finding).toMatchObject({
      what: 'head_missing',
      batch: 3,
    });
    expect(await verify(['another secret key, of thirty-two bytes or more'])).toMatchObject({
      isSigned: false,
    });
  });

  test('what another key has signed is covered by what follows', async () => {
    const former = SECRET_KEY;
    const current = 'another secret key, of thirty-two bytes or more';
    await sealed(2);
    const next = await startApp(
      { secretKey: current, secretKeyFallbacks: [former], clock: app.clock },
      isEmbedded ? undefined : database,
    );
    try {
      if (isEmbedded) return;
      await record(1);
      await next.app.get(AuditChain).run();
      expect(await verify([current])).toMatchObject({ finding: undefined, isSigned: true, batches: 2 });
    } finally {
      await next.close();
    }
  });

  test('what was sealed anew without a key is not proven by what the server seals after it', async () => {
    const ids = await sealed(2, 2);
    await tamper(`UPDATE tokenjar.audit_events SET reason = 'another' WHERE id = $1`, [ids[0]]);
    // The hash needs no key, and a key that nobody knows could be a former one.
    const batches = await app.app
      .get(Database)
      .repository(AuditBatch)
      .find({ order: { number: 'ASC' } });
    let before: Buffer = GENESIS;
    for (const { number, ...rest } of batches) {
      const [{ digests } = { digests: Buffer.alloc(0) }] = await app.sql<{ digests: Buffer }>(
        `SELECT string_agg(${DIGEST}, '' ORDER BY e.id) AS digests FROM tokenjar.audit_events e WHERE e.id = ANY ($1)`,
        [rest.eventIds],
      );
      const eventIds = rest.eventIds.map(Number);
      before = hashOf({ ...rest, number, eventIds, digests }, before);
      await app.sql(
        `UPDATE tokenjar.audit_batches SET digests = $2, hash = $3, key_id = '\\x0102030405060708' WHERE number = $1`,
        [number, digests, before],
      );
    }
    expect(await verify()).toMatchObject({ finding: undefined, isSigned: false });
    await sealed(1, 1);
    expect(await verify()).toMatchObject({ finding: undefined, isSigned: true, unprovenUntil: 2 });
    expect(app.log.join('\n')).toContain('Batch 2 of the audit trail is signed with none of SECRET_KEY');
  });

  test('what a former key has signed is proven with it, where the server that went on did not have it', async () => {
    await sealed(2, 2);
    const current = 'another secret key, of thirty-two bytes or more';
    await app.sql('DELETE FROM tokenjar.signing_keys');
    await app.close();
    app = await startApp({ secretKey: current, clock: app.clock }, database);
    await app.app.get(AuditChain).onModuleDestroy();
    await sealed(1, 1);
    expect(await verify([current])).toMatchObject({ finding: undefined, isSigned: true, unprovenUntil: 2 });
    expect(await verify([current, SECRET_KEY])).toMatchObject({
      finding: undefined,
      isSigned: true,
      unprovenUntil: undefined,
    });
    // It expires all the same.
    app.clock.advance(181 * 86_400);
    expect((await app.app.get(Purge).run()).get('audit events')).toBe(6);
    // As the operator does whose anchor nobody can verify.
    await app.sql('DELETE FROM tokenjar.audit_anchors');
    await sealed(1, 1);
    app.clock.advance(181 * 86_400);
    expect((await app.app.get(Purge).run()).get('audit events')).toBe(2);
  });

  test('nothing expires because a row says so', async () => {
    await sealed(2, 2, 2);
    await app.sql(`UPDATE tokenjar.audit_batches SET last_at = last_at - interval '1 year',
      sealed_at = sealed_at - interval '1 year' WHERE number < 3`);
    expect((await app.app.get(Purge).run()).get('audit events')).toBe(0);
    expect((await verify()).finding).toMatchObject({ what: 'batch_changed', batch: 1 });
    expect(app.log.join('\n')).toContain('The audit trail was changed where it has expired');
  });

  test('knows what AUDIT_RETENTION removed, and finds what was removed besides', async () => {
    const purge = async () => (await app.app.get(Purge).run()).get('audit events');
    await sealed(700, 3);
    app.clock.advance(179 * 86_400);
    const [first = 0] = (await sealed(4)).slice(703);
    expect(await purge()).toBe(0);
    app.clock.advance(86_400);
    expect(await purge()).toBe(703);
    expect(await purge()).toBe(0);
    expect(await verify()).toMatchObject({
      finding: undefined,
      events: 4,
      batches: 1,
      removedAt: app.clock.now(),
    });
    await tamper('DELETE FROM tokenjar.audit_events WHERE id = $1', [first]);
    expect((await verify()).finding).toMatchObject({ what: 'event_removed', eventId: first });
    // A forged anchor does not excuse it.
    await app.sql(`UPDATE tokenjar.audit_anchors SET number = b.number, hash = b.hash
      FROM tokenjar.audit_batches b WHERE b.number = 3`);
    expect((await verify()).finding).toMatchObject({ what: 'anchor_changed' });
    // And nothing is removed because of it.
    expect(await purge()).toBe(0);
    expect(app.log.join('\n')).toContain('The anchor of the audit trail is not signed with our SECRET_KEY');
  });

  test('goes on when all events have expired', async () => {
    await sealed(3);
    app.clock.advance(181 * 86_400);
    expect((await app.app.get(Purge).run()).get('audit events')).toBe(3);
    expect(await idsOf()).toEqual([]);
    expect(await verify()).toMatchObject({ finding: undefined, events: 0 });
    await sealed(2);
    expect(await verify()).toMatchObject({ finding: undefined, events: 2, unsealed: 0 });
  });
});

// Needs transactions side by side.
(isEmbedded ? describe.skip : describe)('events that become visible late', () => {
  let clients: pg.Client[];
  beforeEach(async () => {
    const { databaseUrl } = database.settings as { databaseUrl: string };
    clients = [1, 2, 3].map(() => new pg.Client({ connectionString: databaseUrl }));
    for (const client of clients) await client.connect();
  });
  afterEach(async () => {
    for (const client of clients) await client.end();
  });

  test('are sealed once, however many batches later, and not taken for inserted', async () => {
    const [early, other, lost] = clients as [pg.Client, pg.Client, pg.Client];
    for (const client of [early, other, lost]) {
      await client.query('BEGIN');
      await client.query(INSERT, [app.clock.now(), 2]);
    }
    await sealed(2, 1500, 3);
    expect(await verify()).toMatchObject({ finding: undefined, events: 1505, unsealed: 0 });
    await other.query('COMMIT');
    await lost.query('ROLLBACK');
    expect(await verify()).toMatchObject({ finding: undefined, events: 1505, unsealed: 2 });
    await sealed(1);
    await early.query('COMMIT');
    await sealed(1, 1);
    expect(await verify()).toMatchObject({ finding: undefined, events: 1505 + 2 + 1 + 2 + 2, unsealed: 0 });
  });

  test('are sealed once by several instances that seal all the time', async () => {
    const others = await Promise.all([1, 2].map(() => startApp({ clock: app.clock }, database)));
    const chains = [app, ...others].map((each) => each.app.get(AuditChain));
    const write = async (client: pg.Client, i: number) => {
      for (let n = 0; n < 15; n++) {
        await client.query('BEGIN');
        await client.query(INSERT, [app.clock.now(), 1 + (n % 3)]);
        if (n % 5 === i) await client.query('SELECT pg_sleep(0.02)');
        await client.query(n % 7 === 6 ? 'ROLLBACK' : 'COMMIT');
      }
    };
    let isWriting = true;
    const writing = Promise.all(clients.map(write)).finally(() => (isWriting = false));
    while (isWriting) await Promise.all(chains.map((chain) => chain.run()));
    await writing;
    await seal();
    const { length } = await idsOf();
    expect(await verify()).toMatchObject({ finding: undefined, events: length, unsealed: 0 });
    for (const other of others) await other.close();
  });
});
