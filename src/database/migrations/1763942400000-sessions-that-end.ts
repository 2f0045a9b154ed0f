import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The blacklist can be followed; sessions that ended are remembered; a table of jobs that one instance does. */
export class SessionsThatEnd1763942400000 implements MigrationInterface {
  // Read by TypeORM; the class name would change under a minifier.
  readonly name = 'SessionsThatEnd1763942400000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE tokenjar.blacklist
        ADD COLUMN written_by bigint NOT NULL DEFAULT ((pg_current_xact_id())::text)::bigint`);
    await queryRunner.query(`CREATE INDEX blacklist_written_by_idx ON tokenjar.blacklist (written_by)`);
    await queryRunner.query(`CREATE INDEX blacklist_expires_at_idx ON tokenjar.blacklist (expires_at)`);
    await queryRunner.query(`
      CREATE TABLE tokenjar.ended_sessions (
        id uuid NOT NULL,
        user_id bigint NOT NULL,
        reason text NOT NULL,
        user_agent text,
        ip inet,
        created_at timestamptz(3) NOT NULL,
        last_used_at timestamptz(3) NOT NULL,
        ended_at timestamptz(3) NOT NULL,
        CONSTRAINT ended_sessions_pkey PRIMARY KEY (id),
        CONSTRAINT ended_sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES tokenjar.users (id) ON DELETE CASCADE
      )`);
    await queryRunner.query(`CREATE INDEX ended_sessions_user_id_idx ON tokenjar.ended_sessions (user_id)`);
    await queryRunner.query(`CREATE INDEX ended_sessions_ended_at_idx ON tokenjar.ended_sessions (ended_at)`);
    await queryRunner.query(`
      CREATE TABLE tokenjar.jobs (
        name text NOT NULL,
        due_at timestamptz(3) NOT NULL,
        CONSTRAINT jobs_pkey PRIMARY KEY (name)
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE tokenjar.jobs`);
    await queryRunner.query(`DROP TABLE tokenjar.ended_sessions`);
    await queryRunner.query(`DROP INDEX tokenjar.blacklist_expires_at_idx`);
    await queryRunner.query(`ALTER TABLE tokenjar.blacklist DROP COLUMN written_by`);
  }
}
