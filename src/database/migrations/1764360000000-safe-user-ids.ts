import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Ids of users that JavaScript and JSON can hold: beyond 2^53 − 1 two of them are one number. */
export class SafeUserIds1764360000000 implements MigrationInterface {
  readonly name = 'SafeUserIds1764360000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    // Rows that are there are left to their owner: such a user could never use a token, but need not stop a start.
    await queryRunner.query(`
      ALTER TABLE tokenjar.users
      ADD CONSTRAINT users_id_at_most_9007199254740991 CHECK (id BETWEEN 1 AND 9007199254740991) NOT VALID`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE tokenjar.users DROP CONSTRAINT users_id_at_most_9007199254740991`);
  }
}
