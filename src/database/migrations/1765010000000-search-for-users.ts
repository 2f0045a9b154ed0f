import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Lists of users that stay fast, however many there are: by how their address begins, and deactivated ones. */
export class SearchForUsers1765010000000 implements MigrationInterface {
  // Read by TypeORM; the class name would change under a minifier.
  readonly name = 'SearchForUsers1765010000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    // In the order of bytes, a prefix is a range of the index, whatever the collation of the database.
    await queryRunner.query(`CREATE INDEX users_email_idx ON tokenjar.users (email COLLATE "C")`);
    await queryRunner.query(`CREATE INDEX users_inactive_idx ON tokenjar.users (id) WHERE NOT is_active`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX tokenjar.users_inactive_idx`);
    await queryRunner.query(`DROP INDEX tokenjar.users_email_idx`);
  }
}
