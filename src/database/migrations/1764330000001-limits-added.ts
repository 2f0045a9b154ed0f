import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What an attempt added to a count, so that no more is given back. */
export class LimitsAdded1764330000001 implements MigrationInterface {
  // Read by TypeORM; the class name would change under a minifier.
  readonly name = 'LimitsAdded1764330000001';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `ALTER TABLE tokenjar.limits ADD COLUMN added double precision NOT NULL DEFAULT 0`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE tokenjar.limits DROP COLUMN added`);
  }
}
