import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Usernames, and accounts without an email address. */
export class Usernames1765130000000 implements MigrationInterface {
  // Read by TypeORM; the class name would change under a minifier.
  readonly name = 'Usernames1765130000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE tokenjar.users
        ALTER COLUMN email DROP NOT NULL,
        ADD COLUMN username text,
        ADD COLUMN username_folded text,
        ADD COLUMN username_skeleton text,
        ADD COLUMN username_is_exact boolean NOT NULL DEFAULT false,
        ADD CONSTRAINT users_username_key UNIQUE (username),
        ADD CONSTRAINT users_username_forms CHECK (
          (username IS NULL) = (username_folded IS NULL) AND (username IS NULL) = (username_skeleton IS NULL)
        ),
        ADD CONSTRAINT users_no_address_verified CHECK (email IS NOT NULL OR NOT email_verified)`);
    // Those that were imported together may share a folded form; then each is found by its exact form only.
    await queryRunner.query(`
      CREATE UNIQUE INDEX users_username_folded_key ON tokenjar.users (username_folded) WHERE NOT username_is_exact`);
    // In the order of bytes, a prefix is a range of the index, whatever the collation of the database.
    await queryRunner.query(`
      CREATE INDEX users_username_idx ON tokenjar.users (username_folded COLLATE "C") WHERE username_folded IS NOT NULL`);
    await queryRunner.query(`
      CREATE INDEX users_username_skeleton_idx ON tokenjar.users (username_skeleton) WHERE username_skeleton IS NOT NULL`);
    await queryRunner.query(triggerOn('NEW.email IS DISTINCT FROM OLD.email'));
  }

  /** Accounts without an address cannot be kept: that has to be decided by hand first. */
  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(triggerOn('NEW.email <> OLD.email'));
    await queryRunner.query(`
      ALTER TABLE tokenjar.users
        DROP CONSTRAINT users_no_address_verified,
        DROP COLUMN username_is_exact, DROP COLUMN username_skeleton, DROP COLUMN username_folded,
        DROP COLUMN username, ALTER COLUMN email SET NOT NULL`);
  }
}

/** The trigger that moves the epoch of an account, with when its address counts as changed. */
const triggerOn = (isMoved: string): string => `
  DROP TRIGGER credentials_epoch_moves ON tokenjar.users;
  CREATE TRIGGER credentials_epoch_moves BEFORE UPDATE ON tokenjar.users FOR EACH ROW
  WHEN (NEW.credentials_epoch = OLD.credentials_epoch AND (
    NEW.password_hash IS DISTINCT FROM OLD.password_hash OR ${isMoved}
    OR OLD.is_active AND NOT NEW.is_active
  ))
  EXECUTE FUNCTION tokenjar.move_credentials_epoch()`;
