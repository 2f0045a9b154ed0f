import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Sessions that end with their browser. Those of before outlive it. */
export class RememberedSessions1764720000000 implements MigrationInterface {
  // Read by TypeORM; the class name would change under a minifier.
  readonly name = 'RememberedSessions1764720000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `ALTER TABLE tokenjar.sessions ADD COLUMN remember boolean NOT NULL DEFAULT true`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE tokenjar.sessions DROP COLUMN remember`);
  }
}
