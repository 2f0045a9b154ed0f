import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What is new in the blacklist is read in the order in which it is written, each page from where the last one ended. */
export class BlacklistInOrder1765230000000 implements MigrationInterface {
  // Read by TypeORM; the class name would change under a minifier.
  readonly name = 'BlacklistInOrder1765230000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE INDEX blacklist_written_by_id_idx ON tokenjar.blacklist (written_by, id)`,
    );
    await queryRunner.query(`DROP INDEX tokenjar.blacklist_written_by_idx`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`CREATE INDEX blacklist_written_by_idx ON tokenjar.blacklist (written_by)`);
    await queryRunner.query(`DROP INDEX tokenjar.blacklist_written_by_id_idx`);
  }
}
