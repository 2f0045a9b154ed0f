import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Users who came from a Django site, and its refresh tokens that were presented or blacklisted. */
export class Django1765120000000 implements MigrationInterface {
  // Read by TypeORM; the class name would change under a minifier.
  readonly name = 'Django1765120000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE tokenjar.django_users (
        site_key text NOT NULL,
        user_id bigint,
        seen jsonb NOT NULL,
        password_digest bytea NOT NULL,
        password_mark bytea NOT NULL,
        credentials_epoch integer NOT NULL,
        sessions_ended_at timestamptz(3),
        imported_at timestamptz(3) NOT NULL,
        CONSTRAINT django_users_pkey PRIMARY KEY (site_key),
        CONSTRAINT django_users_user_id_key UNIQUE (user_id),
        CONSTRAINT django_users_user_id_fkey FOREIGN KEY (user_id)
          REFERENCES tokenjar.users (id) ON DELETE SET NULL
      )`);
    await queryRunner.query(`
      CREATE TABLE tokenjar.django_tokens (
        digest bytea NOT NULL,
        lookup_id uuid,
        expires_at timestamptz(3) NOT NULL,
        CONSTRAINT django_tokens_pkey PRIMARY KEY (digest)
      )`);
    await queryRunner.query(
      `CREATE INDEX django_tokens_expires_at_idx ON tokenjar.django_tokens (expires_at)`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE tokenjar.django_tokens`);
    await queryRunner.query(`DROP TABLE tokenjar.django_users`);
  }
}
