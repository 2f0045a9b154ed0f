import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Challenges of passkeys are not stored, so this column was never written. */
export class PendingLoginChallenge1764840000000 implements MigrationInterface {
  // Read by TypeORM; the class name would change under a minifier.
  readonly name = 'PendingLoginChallenge1764840000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE tokenjar.pending_logins DROP COLUMN challenge`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE tokenjar.pending_logins ADD COLUMN challenge bytea`);
  }
}
