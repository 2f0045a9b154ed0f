import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The epoch of an account moves whoever writes its password or address: a host that does so with a statement of its own
 * drops known devices and pending links too.
 */
export class CredentialsEpoch1764410000000 implements MigrationInterface {
  // Read by TypeORM; the class name would change under a minifier.
  readonly name = 'CredentialsEpoch1764410000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE tokenjar.users RENAME COLUMN device_epoch TO credentials_epoch`);
    await queryRunner.query(`
      CREATE FUNCTION tokenjar.move_credentials_epoch() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        -- A new hash of the same password is no new password.
        IF current_setting('tokenjar.same_password', true) IS DISTINCT FROM 'on' THEN
          NEW.credentials_epoch := OLD.credentials_epoch + 1;
        END IF;
        RETURN NEW;
      END $$`);
    await queryRunner.query(`
      CREATE TRIGGER credentials_epoch_moves BEFORE UPDATE ON tokenjar.users FOR EACH ROW
      WHEN (NEW.credentials_epoch = OLD.credentials_epoch AND (
        NEW.password_hash IS DISTINCT FROM OLD.password_hash OR NEW.email <> OLD.email
        OR OLD.is_active AND NOT NEW.is_active
      ))
      EXECUTE FUNCTION tokenjar.move_credentials_epoch()`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TRIGGER credentials_epoch_moves ON tokenjar.users`);
    await queryRunner.query(`DROP FUNCTION tokenjar.move_credentials_epoch()`);
    await queryRunner.query(`ALTER TABLE tokenjar.users RENAME COLUMN credentials_epoch TO device_epoch`);
  }
}
