import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The audit trail is sealed in batches, each with the hash of the one before.
 *
 * Rows from before have no transaction. The first batches seal them, in the order of their IDs.
 */
export class AuditChain1765030000000 implements MigrationInterface {
  // Read by TypeORM; the class name would change under a minifier.
  readonly name = 'AuditChain1765030000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    // Two steps: a default that is not constant would rewrite the table.
    await queryRunner.query(`ALTER TABLE tokenjar.audit_events ADD COLUMN written_by bigint`);
    await queryRunner.query(`
      ALTER TABLE tokenjar.audit_events
        ALTER COLUMN written_by SET DEFAULT ((pg_current_xact_id())::text)::bigint`);
    await queryRunner.query(`
      CREATE INDEX audit_events_written_by_idx ON tokenjar.audit_events (written_by)
      WHERE written_by IS NOT NULL`);
    await queryRunner.query(`
      CREATE TABLE tokenjar.audit_batches (
        number bigint NOT NULL,
        event_ids bigint[] NOT NULL,
        digests bytea NOT NULL,
        max_event_id bigint NOT NULL,
        snapshot text,
        complete_number bigint NOT NULL,
        last_at timestamptz(3) NOT NULL,
        sealed_at timestamptz(3) NOT NULL,
        hash bytea NOT NULL,
        key_id bytea NOT NULL,
        signature bytea NOT NULL,
        CONSTRAINT audit_batches_pkey PRIMARY KEY (number)
      )`);
    await queryRunner.query(`
      CREATE TABLE tokenjar.audit_anchors (
        name text NOT NULL,
        number bigint NOT NULL,
        hash bytea NOT NULL,
        set_at timestamptz(3) NOT NULL,
        key_id bytea NOT NULL,
        signature bytea NOT NULL,
        CONSTRAINT audit_anchors_pkey PRIMARY KEY (name)
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE tokenjar.audit_anchors`);
    await queryRunner.query(`DROP TABLE tokenjar.audit_batches`);
    await queryRunner.query(`ALTER TABLE tokenjar.audit_events DROP COLUMN written_by`);
  }
}
