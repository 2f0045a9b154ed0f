import type { MigrationInterface, QueryRunner } from 'typeorm';

/** @param until when the last access token of a user can expire, as SQL. */
const moveClaimsEpoch = (until: string): string => `
  CREATE OR REPLACE FUNCTION tokenjar.move_claims_epoch() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE
    moment timestamptz := clock_timestamp();
    last_expiry timestamptz := ${until};
  BEGIN
    NEW.claims_epoch := greatest(OLD.claims_epoch + 1, floor(extract(epoch FROM moment) * 1000));
    IF last_expiry IS NOT NULL THEN
      INSERT INTO tokenjar.blacklist (user_id, claims_epoch, reason, created_at, expires_at)
      VALUES (NEW.id, NEW.claims_epoch, CASE WHEN NEW.is_active THEN 'outdated' ELSE 'user_deactivated' END, moment,
        last_expiry + interval '1 hour');
      PERFORM pg_notify('tokenjar_blacklist', '');
    END IF;
    RETURN NEW;
  END $$`;

/** Of sessions and API keys. */
const LAST_EXPIRY = `greatest(
    (SELECT max(absolute_expires_at) FROM tokenjar.sessions WHERE user_id = NEW.id),
    (SELECT max(least(expires_at, moment + interval '1 day')) FROM tokenjar.api_keys WHERE user_id = NEW.id)
  )`;

/** Access tokens of administrators who act as a user end with a change of the user, who may have no session. */
export class Impersonation1765010002000 implements MigrationInterface {
  // Read by TypeORM; the class name would change under a minifier.
  readonly name = 'Impersonation1765010002000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE tokenjar.users ADD COLUMN impersonated_until timestamptz(3)`);
    await queryRunner.query(moveClaimsEpoch(`greatest(NEW.impersonated_until, ${LAST_EXPIRY})`));
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(moveClaimsEpoch(LAST_EXPIRY));
    await queryRunner.query(`ALTER TABLE tokenjar.users DROP COLUMN impersonated_until`);
  }
}
