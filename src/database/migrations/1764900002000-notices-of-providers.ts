import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What providers report by themselves: relay addresses that take no emails, and identities whose user has ended the
 * connection there. Such an identity stays only if it is the last way in, and comes back with a new consent.
 */
export class NoticesOfProviders1764900002000 implements MigrationInterface {
  // Read by TypeORM; the class name would change under a minifier.
  readonly name = 'NoticesOfProviders1764900002000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE tokenjar.suspended_recipients (
        recipient bytea NOT NULL,
        is_suspended boolean NOT NULL,
        changed_at timestamptz(3) NOT NULL,
        CONSTRAINT suspended_recipients_pkey PRIMARY KEY (recipient)
      )`);
    await queryRunner.query(`ALTER TABLE tokenjar.identities ADD COLUMN revoked_at timestamptz(3)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE tokenjar.identities DROP COLUMN revoked_at`);
    await queryRunner.query(`DROP TABLE tokenjar.suspended_recipients`);
  }
}
