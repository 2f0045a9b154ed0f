import type { MigrationInterface, QueryRunner } from 'typeorm';
import { normalAddress } from '../../email-address.js';

/** Addresses that a host wrote in another form get theirs, unless somebody has that already. */
export class AddressesInOneForm1764370000000 implements MigrationInterface {
  readonly name = 'AddressesInOneForm1764370000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    const rows = (await queryRunner.query(
      `SELECT id, email FROM tokenjar.users WHERE email <> lower(email) OR email !~ '^[!-~]+$' ORDER BY id`,
    )) as { id: string; email: string }[];
    for (const { id, email } of rows) {
      const address = normalAddress(email);
      if (address === undefined || address === email) continue;
      await queryRunner.query(
        `UPDATE tokenjar.users SET email = $2
          WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM tokenjar.users WHERE email = $2)`,
        [id, address],
      );
    }
  }

  /** Nobody signed in with the form they had. */
  async down(): Promise<void> {}
}
