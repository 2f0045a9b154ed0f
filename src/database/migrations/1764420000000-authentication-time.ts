import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When the user of a session proved who they are; null for sessions of before: when they began. */
export class AuthenticationTime1764420000000 implements MigrationInterface {
  // Read by TypeORM; the class name would change under a minifier.
  readonly name = 'AuthenticationTime1764420000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE tokenjar.sessions ADD COLUMN authenticated_at timestamptz(3)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE tokenjar.sessions DROP COLUMN authenticated_at`);
  }
}
