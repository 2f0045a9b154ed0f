import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Letters that wait to be sent, and the tokens that they carry. */
export class Letters1764100000000 implements MigrationInterface {
  // Read by TypeORM; the class name would change under a minifier.
  readonly name = 'Letters1764100000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE tokenjar.outbox (
        id uuid NOT NULL,
        kind text NOT NULL,
        sealed bytea,
        attempts integer NOT NULL DEFAULT 0,
        created_at timestamptz(3) NOT NULL,
        due_at timestamptz(3) NOT NULL,
        expires_at timestamptz(3) NOT NULL,
        failed_at timestamptz(3),
        last_error text,
        CONSTRAINT outbox_pkey PRIMARY KEY (id),
        CONSTRAINT outbox_wiped CHECK ((sealed IS NULL) = (failed_at IS NOT NULL))
      )`);
    await queryRunner.query(
      `CREATE INDEX outbox_due_at_idx ON tokenjar.outbox (due_at) WHERE failed_at IS NULL`,
    );
    await queryRunner.query(`
      CREATE TABLE tokenjar.one_time_tokens (
        digest bytea NOT NULL,
        purpose text NOT NULL,
        user_id bigint NOT NULL,
        bound_to bytea NOT NULL,
        email text,
        expires_at timestamptz(3) NOT NULL,
        CONSTRAINT one_time_tokens_pkey PRIMARY KEY (digest),
        CONSTRAINT one_time_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES tokenjar.users (id) ON DELETE CASCADE
      )`);
    await queryRunner.query(`CREATE INDEX one_time_tokens_user_id_idx ON tokenjar.one_time_tokens (user_id)`);
    await queryRunner.query(
      `CREATE INDEX one_time_tokens_expires_at_idx ON tokenjar.one_time_tokens (expires_at)`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE tokenjar.one_time_tokens`);
    await queryRunner.query(`DROP TABLE tokenjar.outbox`);
  }
}
