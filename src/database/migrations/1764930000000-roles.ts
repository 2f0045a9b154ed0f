import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Roles with permissions, sessions with a scope of their own, and access tokens that are outdated.
 *
 * Whoever changes the roles of a user, also with a statement of their own, moves the epoch of the user and writes an
 * entry that every instance reads. Epochs are times, so that a database that was set back does not repeat them.
 */
export class Roles1764930000000 implements MigrationInterface {
  // Read by TypeORM; the class name would change under a minifier.
  readonly name = 'Roles1764930000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE tokenjar.roles (
        name text NOT NULL,
        permissions text[] NOT NULL DEFAULT '{}',
        description text,
        epoch bigint NOT NULL DEFAULT 0,
        CONSTRAINT roles_pkey PRIMARY KEY (name)
      )`);
    await queryRunner.query(`
      INSERT INTO tokenjar.roles (name)
      SELECT 'admin' UNION SELECT role FROM tokenjar.users, unnest(roles) AS role WHERE role IS NOT NULL`);
    await queryRunner.query(
      `CREATE INDEX users_roles_idx ON tokenjar.users USING gin (roles) WHERE roles <> '{}'`,
    );
    await queryRunner.query(`ALTER TABLE tokenjar.users ADD COLUMN claims_epoch bigint NOT NULL DEFAULT 0`);
    for (const table of ['sessions', 'login_codes', 'pending_identities', 'provider_codes'])
      await queryRunner.query(`ALTER TABLE tokenjar.${table} ADD COLUMN scope text`);
    await queryRunner.query(`
      ALTER TABLE tokenjar.blacklist ADD COLUMN claims_epoch bigint,
        DROP CONSTRAINT blacklist_user_until,
        ADD CONSTRAINT blacklist_user_until
          CHECK ((user_id IS NULL) = (began_until IS NULL AND claims_epoch IS NULL))`);
    // A token does not outlive its session, so neither does the entry.
    await queryRunner.query(`
      CREATE FUNCTION tokenjar.move_claims_epoch() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        moment timestamptz := clock_timestamp();
        last_expiry timestamptz := (
          SELECT max(absolute_expires_at) FROM tokenjar.sessions WHERE user_id = NEW.id
        );
      BEGIN
        NEW.claims_epoch := greatest(OLD.claims_epoch + 1, floor(extract(epoch FROM moment) * 1000));
        IF last_expiry IS NOT NULL THEN
          INSERT INTO tokenjar.blacklist (user_id, claims_epoch, reason, created_at, expires_at)
          VALUES (NEW.id, NEW.claims_epoch, CASE WHEN NEW.is_active THEN 'outdated' ELSE 'user_deactivated' END, moment,
            last_expiry + interval '1 hour');
          PERFORM pg_notify('tokenjar_blacklist', '');
        END IF;
        RETURN NEW;
      END $$`);
    await queryRunner.query(`
      CREATE TRIGGER claims_epoch_moves BEFORE UPDATE ON tokenjar.users FOR EACH ROW
      WHEN (NEW.roles IS DISTINCT FROM OLD.roles OR NEW.is_active <> OLD.is_active)
      EXECUTE FUNCTION tokenjar.move_claims_epoch()`);
    // The lock puts changes in the order of their commits: a token names the latest epoch that was known when it was signed.
    await queryRunner.query(`
      CREATE FUNCTION tokenjar.move_roles_epoch() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM pg_advisory_xact_lock(hashtext('tokenjar.roles'));
        NEW.epoch := greatest(
          (SELECT max(epoch) FROM tokenjar.roles) + 1, floor(extract(epoch FROM clock_timestamp()) * 1000)
        );
        PERFORM pg_notify('tokenjar_blacklist', '');
        RETURN NEW;
      END $$`);
    await queryRunner.query(`
      CREATE TRIGGER roles_epoch_moves BEFORE INSERT OR UPDATE ON tokenjar.roles
      FOR EACH ROW EXECUTE FUNCTION tokenjar.move_roles_epoch()`);
    await queryRunner.query(`
      CREATE FUNCTION tokenjar.keep_held_roles() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF EXISTS (SELECT FROM tokenjar.users WHERE roles <> '{}' AND roles @> ARRAY[OLD.name]) THEN
          RAISE foreign_key_violation USING MESSAGE = 'users have the role ' || OLD.name;
        END IF;
        PERFORM pg_notify('tokenjar_blacklist', '');
        RETURN OLD;
      END $$`);
    await queryRunner.query(`
      CREATE TRIGGER roles_are_kept BEFORE DELETE ON tokenjar.roles
      FOR EACH ROW EXECUTE FUNCTION tokenjar.keep_held_roles()`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE tokenjar.roles`);
    await queryRunner.query(`DROP TRIGGER claims_epoch_moves ON tokenjar.users`);
    for (const name of ['keep_held_roles', 'move_roles_epoch', 'move_claims_epoch'])
      await queryRunner.query(`DROP FUNCTION tokenjar.${name}()`);
    await queryRunner.query(`DROP INDEX tokenjar.users_roles_idx`);
    await queryRunner.query(`ALTER TABLE tokenjar.users DROP COLUMN claims_epoch`);
    for (const table of ['sessions', 'login_codes', 'pending_identities', 'provider_codes'])
      await queryRunner.query(`ALTER TABLE tokenjar.${table} DROP COLUMN scope`);
    await queryRunner.query(`DELETE FROM tokenjar.blacklist WHERE claims_epoch IS NOT NULL`);
    await queryRunner.query(`
      ALTER TABLE tokenjar.blacklist DROP CONSTRAINT blacklist_user_until, DROP COLUMN claims_epoch,
        ADD CONSTRAINT blacklist_user_until CHECK ((user_id IS NULL) = (began_until IS NULL))`);
  }
}
