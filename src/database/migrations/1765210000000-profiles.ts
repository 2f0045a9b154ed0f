import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The fields of users that a host adds, also of registrations waiting for verification. */
export class Profiles1765210000000 implements MigrationInterface {
  // Read by TypeORM; the class name would change under a minifier.
  readonly name = 'Profiles1765210000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE tokenjar.users ADD COLUMN profile jsonb');
    await queryRunner.query('ALTER TABLE tokenjar.pending_registrations ADD COLUMN profile jsonb');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE tokenjar.pending_registrations DROP COLUMN profile');
    await queryRunner.query('ALTER TABLE tokenjar.users DROP COLUMN profile');
  }
}
