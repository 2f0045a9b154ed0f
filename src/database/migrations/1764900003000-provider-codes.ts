import type { MigrationInterface, QueryRunner } from 'typeorm';

/** One-time codes with which apps and pages of other sites fetch a sign-in. They live for a minute. */
export class ProviderCodes1764900003000 implements MigrationInterface {
  // Read by TypeORM; the class name would change under a minifier.
  readonly name = 'ProviderCodes1764900003000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE UNLOGGED TABLE tokenjar.provider_codes (
        digest bytea NOT NULL,
        code_challenge text NOT NULL,
        provider text NOT NULL,
        issuer text NOT NULL,
        subject text NOT NULL,
        email text,
        is_email_verified boolean NOT NULL,
        name text,
        is_multi_factor boolean NOT NULL,
        remember boolean NOT NULL,
        expires_at timestamptz(3) NOT NULL,
        CONSTRAINT provider_codes_pkey PRIMARY KEY (digest)
      )`);
    await queryRunner.query(
      `CREATE INDEX provider_codes_expires_at_idx ON tokenjar.provider_codes (expires_at)`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE tokenjar.provider_codes`);
  }
}
