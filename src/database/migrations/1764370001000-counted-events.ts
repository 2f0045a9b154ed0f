import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A row of the audit trail may stand for many refusals of one kind. */
export class CountedEvents1764370001000 implements MigrationInterface {
  readonly name = 'CountedEvents1764370001000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE tokenjar.audit_events ADD count integer NOT NULL DEFAULT 1`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE tokenjar.audit_events DROP count`);
  }
}
