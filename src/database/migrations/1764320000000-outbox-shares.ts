import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the outbox has to know of an e-mail to give each recipient domain its share, and how often its fate is unknown. */
export class OutboxShares1764320000000 implements MigrationInterface {
  // Read by TypeORM; the class name would change under a minifier.
  readonly name = 'OutboxShares1764320000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    // The defaults are for rows of instances that are not updated yet.
    await queryRunner.query(`
      ALTER TABLE tokenjar.outbox
        ADD COLUMN priority smallint NOT NULL DEFAULT 0,
        ADD COLUMN domain bytea NOT NULL DEFAULT '\\x',
        ADD COLUMN recipient bytea NOT NULL DEFAULT '\\x',
        ADD COLUMN unconfirmed integer NOT NULL DEFAULT 0`);
    await queryRunner.query(
      `CREATE INDEX outbox_priority_due_at_idx ON tokenjar.outbox (priority, due_at) WHERE failed_at IS NULL`,
    );
    await queryRunner.query(`DROP INDEX tokenjar.outbox_due_at_idx`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE INDEX outbox_due_at_idx ON tokenjar.outbox (due_at) WHERE failed_at IS NULL`,
    );
    await queryRunner.query(`DROP INDEX tokenjar.outbox_priority_due_at_idx`);
    await queryRunner.query(`
      ALTER TABLE tokenjar.outbox
        DROP COLUMN priority, DROP COLUMN domain, DROP COLUMN recipient, DROP COLUMN unconfirmed`);
  }
}
