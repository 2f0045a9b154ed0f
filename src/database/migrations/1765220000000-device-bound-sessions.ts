import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Sessions that are bound to a key of their device. Nothing is indexed, so refreshes stay within the page. */
export class DeviceBoundSessions1765220000000 implements MigrationInterface {
  // Read by TypeORM; the class name would change under a minifier.
  readonly name = 'DeviceBoundSessions1765220000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE tokenjar.sessions
        ADD COLUMN bound_jwk text,
        ADD COLUMN bound_at timestamptz(3),
        ADD COLUMN proven_at timestamptz(3)
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE tokenjar.sessions DROP COLUMN proven_at, DROP COLUMN bound_at, DROP COLUMN bound_jwk
    `);
  }
}
