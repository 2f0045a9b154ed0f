import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Logins with an emailed code. Unlogged: after a crash of PostgreSQL, users in the middle of a login start again. */
export class LoginCodes1764720001000 implements MigrationInterface {
  // Read by TypeORM; the class name would change under a minifier.
  readonly name = 'LoginCodes1764720001000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE UNLOGGED TABLE tokenjar.login_codes (
        digest bytea NOT NULL,
        email text NOT NULL,
        bound_to bytea NOT NULL,
        failures smallint NOT NULL DEFAULT 0,
        remember boolean NOT NULL DEFAULT true,
        expires_at timestamptz(3) NOT NULL,
        CONSTRAINT login_codes_pkey PRIMARY KEY (digest)
      )`);
    await queryRunner.query(`CREATE INDEX login_codes_expires_at_idx ON tokenjar.login_codes (expires_at)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE tokenjar.login_codes`);
  }
}
