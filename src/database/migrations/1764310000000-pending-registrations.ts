import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Registrations whose address has to be verified first, and what links of mails are bound to. */
export class PendingRegistrations1764310000000 implements MigrationInterface {
  // Read by TypeORM; the class name would change under a minifier.
  readonly name = 'PendingRegistrations1764310000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE tokenjar.pending_registrations (
        email text NOT NULL,
        id uuid NOT NULL,
        password_hashes text[] NOT NULL,
        known_until timestamptz[] NOT NULL,
        is_open boolean NOT NULL,
        expires_at timestamptz(3) NOT NULL,
        CONSTRAINT pending_registrations_pkey PRIMARY KEY (email)
      )`);
    await queryRunner.query(
      `CREATE INDEX pending_registrations_expires_at_idx ON tokenjar.pending_registrations (expires_at)`,
    );
    await queryRunner.query(`
      ALTER TABLE tokenjar.one_time_tokens
        ALTER COLUMN user_id DROP NOT NULL,
        ADD COLUMN used_at timestamptz(3)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `DELETE FROM tokenjar.one_time_tokens WHERE user_id IS NULL OR used_at IS NOT NULL`,
    );
    await queryRunner.query(`
      ALTER TABLE tokenjar.one_time_tokens
        DROP COLUMN used_at,
        ALTER COLUMN user_id SET NOT NULL`);
    await queryRunner.query(`DROP TABLE tokenjar.pending_registrations`);
  }
}
