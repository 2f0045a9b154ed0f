import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A public UUID for each user, and those of deleted users, whom the audit trail still names.
 *
 * Here no row is written: users of before get theirs in `completePublicIds`, a batch at a time, after this has been
 * committed. `SET DEFAULT` is for new rows only, also of instances of an earlier version.
 */
export class PublicIds1765150000000 implements MigrationInterface {
  // Read by TypeORM; the class name would change under a minifier.
  readonly name = 'PublicIds1765150000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE tokenjar.users ADD COLUMN public_id uuid`);
    await queryRunner.query(`
      ALTER TABLE tokenjar.users
        ALTER COLUMN public_id SET DEFAULT gen_random_uuid(),
        ADD CONSTRAINT users_public_id_key UNIQUE (public_id)`);
    const [found] = (await queryRunner.query(`SELECT EXISTS (SELECT FROM tokenjar.users) AS "hasUsers"`)) as {
      hasUsers: boolean;
    }[];
    if (!found?.hasUsers)
      await queryRunner.query(`ALTER TABLE tokenjar.users ALTER COLUMN public_id SET NOT NULL`);
    await queryRunner.query(`
      CREATE TABLE tokenjar.deleted_users (
        id bigint NOT NULL,
        public_id uuid NOT NULL,
        deleted_at timestamptz(3) NOT NULL,
        CONSTRAINT deleted_users_pkey PRIMARY KEY (id),
        CONSTRAINT deleted_users_public_id_key UNIQUE (public_id)
      )`);
    await queryRunner.query(
      `CREATE INDEX deleted_users_deleted_at_idx ON tokenjar.deleted_users (deleted_at)`,
    );
    // Nothing stands in the way of a deletion, also of a row that somebody has written again under an old ID.
    await queryRunner.query(`
      CREATE FUNCTION tokenjar.keep_public_id() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF OLD.public_id IS NOT NULL THEN
          INSERT INTO tokenjar.deleted_users (id, public_id, deleted_at)
          VALUES (OLD.id, OLD.public_id, clock_timestamp()) ON CONFLICT DO NOTHING;
        END IF;
        RETURN NULL;
      END $$`);
    await queryRunner.query(`
      CREATE TRIGGER public_id_kept AFTER DELETE ON tokenjar.users
      FOR EACH ROW EXECUTE FUNCTION tokenjar.keep_public_id()`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TRIGGER public_id_kept ON tokenjar.users`);
    await queryRunner.query(`DROP FUNCTION tokenjar.keep_public_id()`);
    await queryRunner.query(`DROP TABLE tokenjar.deleted_users`);
    await queryRunner.query(`ALTER TABLE tokenjar.users DROP COLUMN public_id`);
  }
}
