import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which accounts still have the password hash of another system. It shrinks as they sign in. */
export class ImportedHashes1765110000000 implements MigrationInterface {
  // Read by TypeORM; the class name would change under a minifier.
  readonly name = 'ImportedHashes1765110000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE INDEX users_imported_hash_idx ON tokenjar.users (id)
        WHERE password_hash NOT LIKE '$argon2id$%' AND password_hash NOT LIKE '$wrapped$%'`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX tokenjar.users_imported_hash_idx`);
  }
}
