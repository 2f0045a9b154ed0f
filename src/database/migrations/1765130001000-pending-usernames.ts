import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The username that a registration waiting for verification will give its account. */
export class PendingUsernames1765130001000 implements MigrationInterface {
  // Read by TypeORM; the class name would change under a minifier.
  readonly name = 'PendingUsernames1765130001000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE tokenjar.pending_registrations ADD COLUMN username text, ADD COLUMN username_folded text`);
    await queryRunner.query(`
      CREATE INDEX pending_registrations_username_idx ON tokenjar.pending_registrations (username_folded)
        WHERE username_folded IS NOT NULL`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE tokenjar.pending_registrations DROP COLUMN username_folded, DROP COLUMN username`);
  }
}
