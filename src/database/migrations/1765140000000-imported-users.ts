import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Users who came from the files of another system. */
export class ImportedUsers1765140000000 implements MigrationInterface {
  // Read by TypeORM; the class name would change under a minifier.
  readonly name = 'ImportedUsers1765140000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE tokenjar.imported_users (
        system text NOT NULL,
        source_key text NOT NULL,
        user_id bigint,
        seen jsonb NOT NULL,
        password_digest bytea NOT NULL,
        credentials_epoch integer NOT NULL,
        imported_at timestamptz(3) NOT NULL,
        CONSTRAINT imported_users_pkey PRIMARY KEY (system, source_key),
        CONSTRAINT imported_users_user_id_fkey FOREIGN KEY (user_id)
          REFERENCES tokenjar.users (id) ON DELETE SET NULL
      )`);
    await queryRunner.query(`CREATE INDEX imported_users_user_id_idx ON tokenjar.imported_users (user_id)`);
    // What is left of somebody who was deleted here is that they do not come again.
    await queryRunner.query(`
      CREATE FUNCTION tokenjar.forget_imported_user() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        NEW.seen := '{}';
        NEW.password_digest := '';
        RETURN NEW;
      END $$`);
    await queryRunner.query(`
      CREATE TRIGGER imported_users_forgotten BEFORE UPDATE ON tokenjar.imported_users
      FOR EACH ROW WHEN (NEW.user_id IS NULL) EXECUTE FUNCTION tokenjar.forget_imported_user()`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE tokenjar.imported_users`);
    await queryRunner.query(`DROP FUNCTION tokenjar.forget_imported_user()`);
  }
}
