import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Searches of the audit trail that do not read all of it. */
export class SearchForEvents1765010001000 implements MigrationInterface {
  // Read by TypeORM; the class name would change under a minifier.
  readonly name = 'SearchForEvents1765010001000';

  async up(queryRunner: QueryRunner): Promise<void> {
    // Events come in the order of time, so the ranges of pages will do, and cost an insert nothing.
    await queryRunner.query(`CREATE INDEX audit_events_at_idx ON tokenjar.audit_events USING brin (at)`);
    await queryRunner.query(`CREATE INDEX audit_events_event_id_idx ON tokenjar.audit_events (event, id)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX tokenjar.audit_events_event_id_idx`);
    await queryRunner.query(`DROP INDEX tokenjar.audit_events_at_idx`);
  }
}
