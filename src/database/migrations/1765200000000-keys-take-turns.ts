import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When signing keys sign and verify. Until now the newest of an algorithm signed, and all verified. */
export class KeysTakeTurns1765200000000 implements MigrationInterface {
  // Read by TypeORM; the class name would change under a minifier.
  readonly name = 'KeysTakeTurns1765200000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE tokenjar.signing_keys
        ADD COLUMN imported boolean NOT NULL DEFAULT false,
        ADD COLUMN signs_from timestamptz(3),
        ADD COLUMN signs_until timestamptz(3),
        ADD COLUMN revoked_at timestamptz(3),
        ADD COLUMN token_lifetime integer NOT NULL DEFAULT 0`);
    // Nobody knows how long the tokens of former keys live.
    await queryRunner.query(`
      UPDATE tokenjar.signing_keys AS key SET signs_from = created_at, token_lifetime = 86400,
        signs_until = (SELECT min(later.created_at) FROM tokenjar.signing_keys AS later
          WHERE (later.created_at, later.kid) > (key.created_at, key.kid))`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    // The newest signs then, and all verify.
    await queryRunner.query(
      `DELETE FROM tokenjar.signing_keys WHERE signs_from IS NULL OR revoked_at IS NOT NULL OR sealed_key = ''`,
    );
    await queryRunner.query(`
      ALTER TABLE tokenjar.signing_keys
        DROP COLUMN token_lifetime, DROP COLUMN revoked_at, DROP COLUMN signs_until, DROP COLUMN signs_from,
        DROP COLUMN imported`);
  }
}
