import type { MigrationInterface, QueryRunner } from 'typeorm';

/** With each new password the devices that an account knows start anew. */
export class DeviceEpoch1764330000000 implements MigrationInterface {
  // Read by TypeORM; the class name would change under a minifier.
  readonly name = 'DeviceEpoch1764330000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE tokenjar.users ADD COLUMN device_epoch integer NOT NULL DEFAULT 0`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE tokenjar.users DROP COLUMN device_epoch`);
  }
}
