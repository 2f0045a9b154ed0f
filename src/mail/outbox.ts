import { v7 as uuidv7 } from 'uuid';
import { addSeconds, type Clock } from '../clock.js';
import type { Queries } from '../database/database.js';
import type { Letter, News } from './letter.js';
import type { LetterSeal } from './letter-seal.js';
import * as sql from './outbox-statements.js';

/** A letter that could not be sent for so long is given up. **Unit** seconds. */
const LONGEST_WAIT = 3 * 86_400;

/**
 * Where letters wait to be sent.
 *
 * A slice queues a letter in the transaction of what the letter tells; it goes out after the commit, or not at all.
 */
export class Outbox {
  private readonly listeners: (() => void)[] = [];

  /** @param isOpen false where no letters are sent: then none is kept. */
  constructor(
    private readonly clock: Clock,
    private readonly seal: LetterSeal,
    readonly isOpen: boolean,
  ) {}

  /**
   * Queues a letter: one INSERT, whoever it goes to. A mail server that is slow or down delays nobody.
   *
   * @param queries the transaction that the letter tells of, or the database itself.
   */
  async queue(letter: Letter, queries: Queries): Promise<void> {
    if (!this.isOpen) return;
    const now = this.clock.now();
    const id = uuidv7({ msecs: now.getTime() });
    await queries.run(sql.QUEUE, [
      id,
      letter.kind,
      this.seal.seal(id, letter),
      now,
      addSeconds(now, LONGEST_WAIT),
    ]);
    queries.afterCommit(() => {
      for (const tell of this.listeners) tell();
    });
  }

  /** Tells an owner what has just happened to the account. @param languages where the account has none of its own. */
  tell(
    kind: News,
    { email, locale }: { email: string; locale: string | null },
    languages: string | null,
    queries: Queries,
  ): Promise<void> {
    const values = { time: this.clock.now().toISOString() };
    return this.queue({ kind, to: email, languages: locale ?? languages, values }, queries);
  }

  /** Calls back whenever this instance has queued a letter that holds. */
  whenQueued(tell: () => void): void {
    this.listeners.push(tell);
  }
}
