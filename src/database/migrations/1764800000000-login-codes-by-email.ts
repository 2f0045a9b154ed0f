import type { MigrationInterface, QueryRunner } from 'typeorm';

/** For counting the codes of an address. */
export class LoginCodesByEmail1764800000000 implements MigrationInterface {
  // Read by TypeORM; the class name would change under a minifier.
  readonly name = 'LoginCodesByEmail1764800000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`CREATE INDEX login_codes_email_idx ON tokenjar.login_codes (email)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX tokenjar.login_codes_email_idx`);
  }
}
