import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Passwords } from '../crypto/password.js';
import { Database } from '../database/database.js';
import { statement } from '../database/statement.js';
import { TokenjarError } from '../errors.js';
import { RecurringWork } from '../housekeeping/recurring-work.js';

/** An import may begin while the server runs. */
const LOOK_EVERY_MS = 60_000;

const IMPORTED = "password_hash NOT LIKE '$argon2id$%' AND password_hash NOT LIKE '$wrapped$%'";
/** The oldest and the newest: formats changed with the years. */
const SAMPLE = statement<[each: number], { hash: string }>(
  'imported_hashes_sample',
  `(SELECT password_hash AS hash FROM tokenjar.users WHERE ${IMPORTED} ORDER BY id LIMIT $1)
   UNION (SELECT password_hash FROM tokenjar.users WHERE ${IMPORTED} ORDER BY id DESC LIMIT $1)`,
);
const EACH = 50;

/** Knows how long hashes of other systems take, before anybody signs in with one. */
@Injectable()
export class ImportedHashes implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly looking = new RecurringWork('How long imported passwords take is not known', () =>
    this.look(),
  );

  constructor(
    private readonly db: Database,
    private readonly passwords: Passwords,
  ) {}

  onApplicationBootstrap(): void {
    this.looking.runNow();
    this.looking.start(LOOK_EVERY_MS);
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.looking.stop();
  }

  /** Does nothing while the threads are busy. */
  async look(): Promise<void> {
    try {
      await this.passwords.learn((await this.db.run(SAMPLE, [EACH])).map(({ hash }) => hash));
    } catch (error) {
      if (!(error instanceof TokenjarError)) throw error;
    }
  }
}
