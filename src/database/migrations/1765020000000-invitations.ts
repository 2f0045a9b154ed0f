import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Invitations that nobody has accepted yet. One that a deleted user made goes with them. */
export class Invitations1765020000000 implements MigrationInterface {
  // Read by TypeORM; the class name would change under a minifier.
  readonly name = 'Invitations1765020000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE tokenjar.invitations (
        id uuid NOT NULL,
        email text NOT NULL,
        roles text[] NOT NULL DEFAULT '{}',
        invited_by bigint,
        is_queued boolean NOT NULL,
        created_at timestamptz(3) NOT NULL,
        expires_at timestamptz(3) NOT NULL,
        CONSTRAINT invitations_pkey PRIMARY KEY (id),
        CONSTRAINT invitations_email_key UNIQUE (email),
        CONSTRAINT invitations_invited_by_fkey FOREIGN KEY (invited_by) REFERENCES tokenjar.users ON DELETE CASCADE
      )`);
    await queryRunner.query(`CREATE INDEX invitations_invited_by_idx ON tokenjar.invitations (invited_by)`);
    await queryRunner.query(`CREATE INDEX invitations_expires_at_idx ON tokenjar.invitations (expires_at)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE tokenjar.invitations`);
    await queryRunner.query(`DELETE FROM tokenjar.one_time_tokens WHERE purpose = 'invitation'`);
  }
}
