import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Second factors of an account whose address nobody had verified when they were set up: whoever registered it may be a
 * stranger. The trigger on `factors` notes them, and forgets it with the last one.
 */
export class UnprovenFactors1764810000000 implements MigrationInterface {
  // Read by TypeORM; the class name would change under a minifier.
  readonly name = 'UnprovenFactors1764810000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `ALTER TABLE tokenjar.users ADD COLUMN has_unproven_factors boolean NOT NULL DEFAULT false`,
    );
    await queryRunner.query(`
      UPDATE tokenjar.users SET has_unproven_factors = true
      WHERE NOT email_verified AND cardinality(second_factors) > 0`);
    await queryRunner.query(
      noteFactors(`,
          has_unproven_factors = CASE TG_OP
            WHEN 'INSERT' THEN has_unproven_factors OR NOT email_verified
            ELSE has_unproven_factors AND EXISTS (SELECT FROM tokenjar.factors WHERE user_id = owner) END`),
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(noteFactors(''));
    await queryRunner.query(`ALTER TABLE tokenjar.users DROP COLUMN has_unproven_factors`);
  }
}

const noteFactors = (more: string): string => `
  CREATE OR REPLACE FUNCTION tokenjar.note_factors() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE
    owner bigint := CASE TG_OP WHEN 'DELETE' THEN OLD.user_id ELSE NEW.user_id END;
  BEGIN
    UPDATE tokenjar.users SET
      second_factors = ARRAY(SELECT DISTINCT type FROM tokenjar.factors WHERE user_id = owner ORDER BY type),
      factors_epoch = factors_epoch + 1${more}
    WHERE id = owner;
    RETURN NULL;
  END $$`;
