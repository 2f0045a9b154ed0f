import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Passkeys, the handles by which authenticators know users, and challenges that were used. */
export class Passkeys1764710000000 implements MigrationInterface {
  // Read by TypeORM; the class name would change under a minifier.
  readonly name = 'Passkeys1764710000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE tokenjar.passkey_users (
        user_id bigint NOT NULL,
        handle bytea NOT NULL,
        CONSTRAINT passkey_users_pkey PRIMARY KEY (user_id),
        CONSTRAINT passkey_users_user_id_fkey FOREIGN KEY (user_id)
          REFERENCES tokenjar.users (id) ON DELETE CASCADE
      )`);
    await queryRunner.query(`
      CREATE TABLE tokenjar.passkeys (
        factor_id uuid NOT NULL,
        credential_id bytea NOT NULL,
        public_key bytea NOT NULL,
        counter bigint NOT NULL,
        transports text[] NOT NULL,
        aaguid uuid NOT NULL,
        is_backup_eligible boolean NOT NULL,
        is_backed_up boolean NOT NULL,
        is_discoverable boolean,
        CONSTRAINT passkeys_pkey PRIMARY KEY (factor_id),
        CONSTRAINT passkeys_factor_id_fkey FOREIGN KEY (factor_id)
          REFERENCES tokenjar.factors (id) ON DELETE CASCADE
      )`);
    await queryRunner.query(
      `CREATE UNIQUE INDEX passkeys_credential_id_idx ON tokenjar.passkeys (credential_id)`,
    );
    await queryRunner.query(`
      CREATE TABLE tokenjar.used_challenges (
        challenge bytea NOT NULL,
        expires_at timestamptz(3) NOT NULL,
        CONSTRAINT used_challenges_pkey PRIMARY KEY (challenge)
      )`);
    await queryRunner.query(
      `CREATE INDEX used_challenges_expires_at_idx ON tokenjar.used_challenges (expires_at)`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE tokenjar.used_challenges`);
    await queryRunner.query(`DROP TABLE tokenjar.passkeys`);
    await queryRunner.query(`DROP TABLE tokenjar.passkey_users`);
  }
}
