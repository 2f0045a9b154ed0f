import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Names that providers give, also of accounts that wait to be linked: Apple says the name once. */
export class NamesOfIdentities1764900000000 implements MigrationInterface {
  // Read by TypeORM; the class name would change under a minifier.
  readonly name = 'NamesOfIdentities1764900000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE tokenjar.identities ADD COLUMN name text`);
    await queryRunner.query(`ALTER TABLE tokenjar.pending_identities ADD COLUMN name text`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE tokenjar.pending_identities DROP COLUMN name`);
    await queryRunner.query(`ALTER TABLE tokenjar.identities DROP COLUMN name`);
  }
}
