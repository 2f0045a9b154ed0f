import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Sessions that end when their browser signs in again. */
export class ReplacedSessions1764340000000 implements MigrationInterface {
  // Read by TypeORM; the class name would change under a minifier.
  readonly name = 'ReplacedSessions1764340000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `ALTER TABLE tokenjar.sessions ADD COLUMN cookie_protection smallint NOT NULL DEFAULT 2`,
    );
    await queryRunner.query(`ALTER TABLE tokenjar.ended_sessions ADD COLUMN lookup_id uuid`);
    await queryRunner.query(`
      CREATE INDEX ended_sessions_lookup_id_idx ON tokenjar.ended_sessions (lookup_id)
      WHERE reason = 'replaced'`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE tokenjar.ended_sessions DROP COLUMN lookup_id`);
    await queryRunner.query(`ALTER TABLE tokenjar.sessions DROP COLUMN cookie_protection`);
  }
}
