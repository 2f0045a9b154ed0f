import type { MigrationInterface, QueryRunner } from 'typeorm';

/** An operator can have one factor removed, which needs the same wait as all of them. One that its user removes is waited for no longer. */
export class ResetsOfOneFactor1765100000000 implements MigrationInterface {
  // Read by TypeORM; the class name would change under a minifier.
  readonly name = 'ResetsOfOneFactor1765100000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE tokenjar.factor_resets ADD COLUMN factor_id uuid,
        ADD CONSTRAINT factor_resets_factor_id_fkey FOREIGN KEY (factor_id)
          REFERENCES tokenjar.factors (id) ON DELETE CASCADE`);
    await queryRunner.query(`CREATE INDEX factor_resets_factor_id_idx ON tokenjar.factor_resets (factor_id)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DELETE FROM tokenjar.factor_resets WHERE factor_id IS NOT NULL`);
    await queryRunner.query(`ALTER TABLE tokenjar.factor_resets DROP COLUMN factor_id`);
  }
}
