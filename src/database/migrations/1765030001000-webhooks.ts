import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Endpoints that are told about events, and what is delivered to each. */
export class Webhooks1765030001000 implements MigrationInterface {
  // Read by TypeORM; the class name would change under a minifier.
  readonly name = 'Webhooks1765030001000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE tokenjar.webhook_endpoints (
        id uuid NOT NULL,
        url text NOT NULL,
        events text[] NOT NULL DEFAULT '{}',
        sealed_secret bytea NOT NULL,
        created_at timestamptz(3) NOT NULL,
        after_batch bigint NOT NULL,
        disabled_at timestamptz(3),
        CONSTRAINT webhook_endpoints_pkey PRIMARY KEY (id)
      )`);
    await queryRunner.query(`
      CREATE TABLE tokenjar.webhook_deliveries (
        id uuid NOT NULL,
        endpoint_id uuid NOT NULL,
        event_id bigint NOT NULL,
        event text NOT NULL,
        payload text NOT NULL,
        created_at timestamptz(3) NOT NULL,
        due_at timestamptz(3) NOT NULL,
        attempts integer NOT NULL DEFAULT 0,
        attempts_before_replay integer NOT NULL DEFAULT 0,
        delivered_at timestamptz(3),
        failed_at timestamptz(3),
        response_status integer,
        last_error text,
        CONSTRAINT webhook_deliveries_pkey PRIMARY KEY (id),
        CONSTRAINT webhook_deliveries_endpoint_id_fkey FOREIGN KEY (endpoint_id)
          REFERENCES tokenjar.webhook_endpoints (id) ON DELETE CASCADE
      )`);
    // Each event goes to an endpoint once; the log is read in this order.
    await queryRunner.query(`
      CREATE UNIQUE INDEX webhook_deliveries_endpoint_id_event_id_idx
      ON tokenjar.webhook_deliveries (endpoint_id, event_id)`);
    await queryRunner.query(`
      CREATE INDEX webhook_deliveries_endpoint_id_due_at_idx
      ON tokenjar.webhook_deliveries (endpoint_id, due_at) WHERE delivered_at IS NULL AND failed_at IS NULL`);
    await queryRunner.query(
      `CREATE INDEX webhook_deliveries_created_at_idx ON tokenjar.webhook_deliveries (created_at)`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE tokenjar.webhook_deliveries`);
    await queryRunner.query(`DROP TABLE tokenjar.webhook_endpoints`);
  }
}
