import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What is new in the blacklist is read in the order in which it is written, each page from where the last one ended. */
export class BlacklistInOrder1765230000000 implements MigrationInterface {
  // Read by TypeORM; the class name would change under a minifier.
  readonly name = 'BlacklistInOrder1765230000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    // First what takes the stronger lock: who waits for it after the other can be in a deadlock, and has built in vain.
    await queryRunner.query(`DROP INDEX tokenjar.blacklist_written_by_idx`);
    await queryRunner.query(
      `CREATE INDEX blacklist_written_by_id_idx ON tokenjar.blacklist (written_by, id)`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX tokenjar.blacklist_written_by_id_idx`);
    await queryRunner.query(`CREATE INDEX blacklist_written_by_idx ON tokenjar.blacklist (written_by)`);
  }
}
