import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * API keys.
 *
 * Triggers refuse a key on every instance as soon as its row is gone, whoever deletes it, and delete the keys of a user
 * who is deactivated, whoever does that.
 */
export class ApiKeys1765000000000 implements MigrationInterface {
  // Read by TypeORM; the class name would change under a minifier.
  readonly name = 'ApiKeys1765000000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE tokenjar.api_keys (
        id uuid NOT NULL,
        user_id bigint NOT NULL,
        name text NOT NULL,
        digest bytea NOT NULL,
        scopes text[] NOT NULL,
        created_at timestamptz(3) NOT NULL,
        expires_at timestamptz(3) NOT NULL,
        last_used_at timestamptz(3),
        reminded_at timestamptz(3),
        CONSTRAINT api_keys_pkey PRIMARY KEY (id),
        CONSTRAINT api_keys_digest_key UNIQUE (digest),
        CONSTRAINT api_keys_user_id_fkey FOREIGN KEY (user_id) REFERENCES tokenjar.users (id) ON DELETE CASCADE
      )`);
    await queryRunner.query(`CREATE INDEX api_keys_user_id_idx ON tokenjar.api_keys (user_id)`);
    await queryRunner.query(`CREATE INDEX api_keys_expires_at_idx ON tokenjar.api_keys (expires_at)`);
    // No token from a key outlives the key, so neither does the entry, but for clocks that differ.
    await queryRunner.query(`
      CREATE FUNCTION tokenjar.refuse_deleted_key() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        INSERT INTO tokenjar.blacklist (session_id, reason, created_at, expires_at)
        VALUES (OLD.id, 'api_key_revoked', clock_timestamp(), OLD.expires_at + interval '1 hour');
        PERFORM pg_notify('tokenjar_blacklist', '');
        RETURN NULL;
      END $$`);
    // Also of keys that have expired and are purged: which ones have is for the clock of the instances to say.
    await queryRunner.query(`
      CREATE TRIGGER api_keys_refused AFTER DELETE ON tokenjar.api_keys
      FOR EACH ROW EXECUTE FUNCTION tokenjar.refuse_deleted_key()`);
    await queryRunner.query(`
      CREATE FUNCTION tokenjar.delete_keys() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        DELETE FROM tokenjar.api_keys WHERE user_id = NEW.id;
        RETURN NULL;
      END $$`);
    await queryRunner.query(`
      CREATE TRIGGER api_keys_end AFTER UPDATE ON tokenjar.users FOR EACH ROW
      WHEN (OLD.is_active AND NOT NEW.is_active) EXECUTE FUNCTION tokenjar.delete_keys()`);
    await queryRunner.query(
      moveClaimsEpoch(`greatest(
          (SELECT max(absolute_expires_at) FROM tokenjar.sessions WHERE user_id = NEW.id),
          (SELECT max(least(expires_at, moment + interval '1 day')) FROM tokenjar.api_keys WHERE user_id = NEW.id)
        )`),
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      moveClaimsEpoch(`(
          SELECT max(absolute_expires_at) FROM tokenjar.sessions WHERE user_id = NEW.id
        )`),
    );
    await queryRunner.query(`DROP TRIGGER api_keys_end ON tokenjar.users`);
    await queryRunner.query(`DROP TABLE tokenjar.api_keys`);
    await queryRunner.query(`DROP FUNCTION tokenjar.delete_keys()`);
    await queryRunner.query(`DROP FUNCTION tokenjar.refuse_deleted_key()`);
  }
}

/** Instances read a key again after a day at the latest, so no entry is needed longer for it. */
const moveClaimsEpoch = (lastExpiry: string): string => `
      CREATE OR REPLACE FUNCTION tokenjar.move_claims_epoch() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        moment timestamptz := clock_timestamp();
        last_expiry timestamptz := ${lastExpiry};
      BEGIN
        NEW.claims_epoch := greatest(OLD.claims_epoch + 1, floor(extract(epoch FROM moment) * 1000));
        IF last_expiry IS NOT NULL THEN
          INSERT INTO tokenjar.blacklist (user_id, claims_epoch, reason, created_at, expires_at)
          VALUES (NEW.id, NEW.claims_epoch, CASE WHEN NEW.is_active THEN 'outdated' ELSE 'user_deactivated' END, moment,
            last_expiry + interval '1 hour');
          PERFORM pg_notify('tokenjar_blacklist', '');
        END IF;
        RETURN NEW;
      END $$`;
