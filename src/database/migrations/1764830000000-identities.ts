import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Accounts at other providers, and those that wait for a sign-in to be linked.
 *
 * `users.has_unproven_factors` also says whether an identity was linked before anybody had verified the address: whoever
 * registered it may be a stranger, and would keep a way in.
 */
export class Identities1764830000000 implements MigrationInterface {
  // Read by TypeORM; the class name would change under a minifier.
  readonly name = 'Identities1764830000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE tokenjar.identities (
        id uuid NOT NULL,
        user_id bigint NOT NULL,
        provider text NOT NULL,
        issuer text NOT NULL,
        subject text NOT NULL,
        email text,
        is_unproven boolean NOT NULL,
        created_at timestamptz(3) NOT NULL,
        last_used_at timestamptz(3),
        CONSTRAINT identities_pkey PRIMARY KEY (id),
        CONSTRAINT identities_issuer_subject_key UNIQUE (issuer, subject),
        CONSTRAINT identities_user_id_fkey FOREIGN KEY (user_id) REFERENCES tokenjar.users (id) ON DELETE CASCADE
      )`);
    await queryRunner.query(`CREATE INDEX identities_user_id_idx ON tokenjar.identities (user_id)`);
    await queryRunner.query(`
      CREATE UNLOGGED TABLE tokenjar.pending_identities (
        digest bytea NOT NULL,
        user_id bigint NOT NULL,
        provider text NOT NULL,
        issuer text NOT NULL,
        subject text NOT NULL,
        email text,
        expires_at timestamptz(3) NOT NULL,
        CONSTRAINT pending_identities_pkey PRIMARY KEY (digest),
        CONSTRAINT pending_identities_user_id_fkey FOREIGN KEY (user_id)
          REFERENCES tokenjar.users (id) ON DELETE CASCADE
      )`);
    await queryRunner.query(
      `CREATE INDEX pending_identities_user_id_idx ON tokenjar.pending_identities (user_id)`,
    );
    await queryRunner.query(
      `CREATE INDEX pending_identities_expires_at_idx ON tokenjar.pending_identities (expires_at)`,
    );
    await queryRunner.query(`
      CREATE FUNCTION tokenjar.note_identity() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        UPDATE tokenjar.users SET has_unproven_factors = true WHERE id = NEW.user_id AND NOT email_verified;
        RETURN NULL;
      END $$`);
    await queryRunner.query(`
      CREATE TRIGGER identities_noted AFTER INSERT ON tokenjar.identities
      FOR EACH ROW WHEN (NEW.is_unproven) EXECUTE FUNCTION tokenjar.note_identity()`);
    await queryRunner.query(
      noteFactors(`has_unproven_factors AND (
              EXISTS (SELECT FROM tokenjar.factors WHERE user_id = owner)
              OR EXISTS (SELECT FROM tokenjar.identities WHERE user_id = owner AND is_unproven))`),
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      noteFactors('has_unproven_factors AND EXISTS (SELECT FROM tokenjar.factors WHERE user_id = owner)'),
    );
    await queryRunner.query(`DROP TABLE tokenjar.pending_identities`);
    await queryRunner.query(`DROP TABLE tokenjar.identities`);
    await queryRunner.query(`DROP FUNCTION tokenjar.note_identity()`);
  }
}

const noteFactors = (isLeft: string): string => `
  CREATE OR REPLACE FUNCTION tokenjar.note_factors() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE
    owner bigint := CASE TG_OP WHEN 'DELETE' THEN OLD.user_id ELSE NEW.user_id END;
  BEGIN
    UPDATE tokenjar.users SET
      second_factors = ARRAY(SELECT DISTINCT type FROM tokenjar.factors WHERE user_id = owner ORDER BY type),
      factors_epoch = factors_epoch + 1,
      has_unproven_factors = CASE TG_OP
        WHEN 'INSERT' THEN has_unproven_factors OR NOT email_verified
        ELSE ${isLeft} END
    WHERE id = owner;
    RETURN NULL;
  END $$`;
