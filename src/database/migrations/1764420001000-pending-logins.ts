import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Logins that lack a step. Unlogged: whoever is signing in while PostgreSQL crashes begins again.
 */
export class PendingLogins1764420001000 implements MigrationInterface {
  // Read by TypeORM; the class name would change under a minifier.
  readonly name = 'PendingLogins1764420001000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE UNLOGGED TABLE tokenjar.pending_logins (
        digest bytea NOT NULL,
        user_id bigint NOT NULL,
        methods text[] NOT NULL,
        needs text NOT NULL,
        bound_to bytea NOT NULL,
        challenge bytea,
        failures smallint NOT NULL DEFAULT 0,
        remember boolean NOT NULL DEFAULT true,
        scope text,
        expires_at timestamptz(3) NOT NULL,
        CONSTRAINT pending_logins_pkey PRIMARY KEY (digest),
        CONSTRAINT pending_logins_user_id_fkey FOREIGN KEY (user_id) REFERENCES tokenjar.users (id) ON DELETE CASCADE
      )`);
    await queryRunner.query(`CREATE INDEX pending_logins_user_id_idx ON tokenjar.pending_logins (user_id)`);
    await queryRunner.query(
      `CREATE INDEX pending_logins_expires_at_idx ON tokenjar.pending_logins (expires_at)`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE tokenjar.pending_logins`);
  }
}
