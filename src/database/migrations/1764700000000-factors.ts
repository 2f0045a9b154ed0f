import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Second factors.
 *
 * `users` says which kinds an account has, so that a login without one asks nothing more, and counts their changes, so
 * that a login that is under way does not pass by a factor that was added meanwhile. A trigger keeps both, whoever
 * writes the table.
 */
export class Factors1764700000000 implements MigrationInterface {
  // Read by TypeORM; the class name would change under a minifier.
  readonly name = 'Factors1764700000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE tokenjar.users
        ADD COLUMN second_factors text[] NOT NULL DEFAULT '{}',
        ADD COLUMN factors_epoch integer NOT NULL DEFAULT 0`);
    await queryRunner.query(`
      CREATE TABLE tokenjar.factors (
        id uuid NOT NULL,
        user_id bigint NOT NULL,
        type text NOT NULL,
        name text,
        created_at timestamptz(3) NOT NULL,
        last_used_at timestamptz(3),
        CONSTRAINT factors_pkey PRIMARY KEY (id),
        CONSTRAINT factors_user_id_fkey FOREIGN KEY (user_id) REFERENCES tokenjar.users (id) ON DELETE CASCADE
      )`);
    await queryRunner.query(`CREATE INDEX factors_user_id_idx ON tokenjar.factors (user_id)`);
    await queryRunner.query(
      `CREATE UNIQUE INDEX factors_user_id_type_idx ON tokenjar.factors (user_id, type) WHERE type = 'totp'`,
    );
    await queryRunner.query(`
      CREATE FUNCTION tokenjar.note_factors() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        owner bigint := CASE TG_OP WHEN 'DELETE' THEN OLD.user_id ELSE NEW.user_id END;
      BEGIN
        UPDATE tokenjar.users SET
          second_factors = ARRAY(SELECT DISTINCT type FROM tokenjar.factors WHERE user_id = owner ORDER BY type),
          factors_epoch = factors_epoch + 1
        WHERE id = owner;
        RETURN NULL;
      END $$`);
    await queryRunner.query(`
      CREATE TRIGGER factors_noted AFTER INSERT OR DELETE ON tokenjar.factors
      FOR EACH ROW EXECUTE FUNCTION tokenjar.note_factors()`);
    await queryRunner.query(`
      CREATE TABLE tokenjar.totp_secrets (
        factor_id uuid NOT NULL,
        sealed bytea NOT NULL,
        last_step bigint NOT NULL,
        CONSTRAINT totp_secrets_pkey PRIMARY KEY (factor_id),
        CONSTRAINT totp_secrets_factor_id_fkey FOREIGN KEY (factor_id)
          REFERENCES tokenjar.factors (id) ON DELETE CASCADE
      )`);
    await queryRunner.query(`
      CREATE UNLOGGED TABLE tokenjar.totp_setups (
        holder text NOT NULL,
        user_id bigint NOT NULL,
        sealed bytea NOT NULL,
        expires_at timestamptz(3) NOT NULL,
        CONSTRAINT totp_setups_pkey PRIMARY KEY (holder),
        CONSTRAINT totp_setups_user_id_fkey FOREIGN KEY (user_id) REFERENCES tokenjar.users (id) ON DELETE CASCADE
      )`);
    await queryRunner.query(`CREATE INDEX totp_setups_user_id_idx ON tokenjar.totp_setups (user_id)`);
    await queryRunner.query(`CREATE INDEX totp_setups_expires_at_idx ON tokenjar.totp_setups (expires_at)`);
    await queryRunner.query(`
      CREATE TABLE tokenjar.recovery_codes (
        digest bytea NOT NULL,
        user_id bigint NOT NULL,
        CONSTRAINT recovery_codes_pkey PRIMARY KEY (digest),
        CONSTRAINT recovery_codes_user_id_fkey FOREIGN KEY (user_id)
          REFERENCES tokenjar.users (id) ON DELETE CASCADE
      )`);
    await queryRunner.query(`CREATE INDEX recovery_codes_user_id_idx ON tokenjar.recovery_codes (user_id)`);
    await queryRunner.query(`
      CREATE TABLE tokenjar.trusted_devices (
        id uuid NOT NULL,
        digest bytea NOT NULL,
        user_id bigint NOT NULL,
        name text,
        credentials_epoch integer NOT NULL,
        factors_epoch integer NOT NULL,
        created_at timestamptz(3) NOT NULL,
        expires_at timestamptz(3) NOT NULL,
        CONSTRAINT trusted_devices_pkey PRIMARY KEY (id),
        CONSTRAINT trusted_devices_digest_key UNIQUE (digest),
        CONSTRAINT trusted_devices_user_id_fkey FOREIGN KEY (user_id)
          REFERENCES tokenjar.users (id) ON DELETE CASCADE
      )`);
    await queryRunner.query(`CREATE INDEX trusted_devices_user_id_idx ON tokenjar.trusted_devices (user_id)`);
    await queryRunner.query(
      `CREATE INDEX trusted_devices_expires_at_idx ON tokenjar.trusted_devices (expires_at)`,
    );
    await queryRunner.query(`
      CREATE TABLE tokenjar.factor_resets (
        user_id bigint NOT NULL,
        actor text,
        requested_at timestamptz(3) NOT NULL,
        due_at timestamptz(3),
        CONSTRAINT factor_resets_pkey PRIMARY KEY (user_id),
        CONSTRAINT factor_resets_user_id_fkey FOREIGN KEY (user_id)
          REFERENCES tokenjar.users (id) ON DELETE CASCADE
      )`);
    await queryRunner.query(`ALTER TABLE tokenjar.audit_events ADD COLUMN methods text[]`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE tokenjar.audit_events DROP COLUMN methods`);
    for (const table of [
      'factor_resets',
      'trusted_devices',
      'recovery_codes',
      'totp_setups',
      'totp_secrets',
      'factors',
    ])
      await queryRunner.query(`DROP TABLE tokenjar.${table}`);
    await queryRunner.query(`DROP FUNCTION tokenjar.note_factors()`);
    await queryRunner.query(
      `ALTER TABLE tokenjar.users DROP COLUMN second_factors, DROP COLUMN factors_epoch`,
    );
  }
}
