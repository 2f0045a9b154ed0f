import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Until when the outcome of the attempt that caused a block is awaited; null when it is known. */
export class AttemptsInFlight1764730000000 implements MigrationInterface {
  // Read by TypeORM; the class name would change under a minifier.
  readonly name = 'AttemptsInFlight1764730000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE tokenjar.limits ADD COLUMN in_flight_until timestamptz(3)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE tokenjar.limits DROP COLUMN in_flight_until`);
  }
}
