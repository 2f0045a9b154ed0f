import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Nonces of ID tokens that clients have signed in with. Logged: a crash must not let one be used again. */
export class UsedNonces1764900001000 implements MigrationInterface {
  // Read by TypeORM; the class name would change under a minifier.
  readonly name = 'UsedNonces1764900001000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE tokenjar.used_nonces (
        digest bytea NOT NULL,
        expires_at timestamptz(3) NOT NULL,
        CONSTRAINT used_nonces_pkey PRIMARY KEY (digest)
      )`);
    await queryRunner.query(`CREATE INDEX used_nonces_expires_at_idx ON tokenjar.used_nonces (expires_at)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE tokenjar.used_nonces`);
  }
}
