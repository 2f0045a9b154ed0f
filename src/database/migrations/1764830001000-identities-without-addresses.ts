import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Accounts at providers whose user has to name an address first: they belong to nobody yet, and wait for a code. */
export class IdentitiesWithoutAddresses1764830001000 implements MigrationInterface {
  // Read by TypeORM; the class name would change under a minifier.
  readonly name = 'IdentitiesWithoutAddresses1764830001000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE tokenjar.pending_identities
        ALTER COLUMN user_id DROP NOT NULL,
        ADD COLUMN remember boolean NOT NULL DEFAULT true,
        ADD COLUMN code_digest bytea`);
    await queryRunner.query(
      `CREATE INDEX pending_identities_code_digest_idx ON tokenjar.pending_identities (code_digest)`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DELETE FROM tokenjar.pending_identities WHERE user_id IS NULL`);
    await queryRunner.query(`
      ALTER TABLE tokenjar.pending_identities
        DROP COLUMN code_digest, DROP COLUMN remember, ALTER COLUMN user_id SET NOT NULL`);
  }
}
