import type { Statement } from '../database/statement.js';

/** A letter that waits. */
export interface WaitingRow {
  id: string;
  kind: string;
  sealed: Buffer;
  attempts: number;
  expires_at: Date;
}

/** $1 id, $2 kind, $3 sealed content, $4 now, $5 given up at */
export const QUEUE: Statement = {
  name: 'outbox_queue',
  text: `INSERT INTO tokenjar.outbox (id, kind, sealed, created_at, due_at, expires_at)
    VALUES ($1, $2, $3, $4, $4, $5)`,
};

const due = (name: string, lock: string): Statement => ({
  name,
  text: `SELECT id, kind, sealed, attempts, expires_at FROM tokenjar.outbox
    WHERE failed_at IS NULL AND due_at <= $1 ORDER BY due_at LIMIT $2 ${lock}`,
});
/** $1 now, $2 how many */
export const DUE = due('outbox_due', '');
/** As {@link DUE}, those that no other instance has in hand; they are in ours until the transaction ends. */
export const CLAIM = due('outbox_claim', 'FOR UPDATE SKIP LOCKED');

/** $1 id */
export const REMOVE: Statement = {
  name: 'outbox_remove',
  text: 'DELETE FROM tokenjar.outbox WHERE id = $1',
};

/** $1 id, $2 due again at, $3 what went wrong */
export const POSTPONE: Statement = {
  name: 'outbox_postpone',
  text: 'UPDATE tokenjar.outbox SET attempts = attempts + 1, due_at = $2, last_error = $3 WHERE id = $1',
};

/** What it said is wiped; that it failed is kept for the operator. $1 id, $2 now, $3 what went wrong */
export const GIVE_UP: Statement = {
  name: 'outbox_give_up',
  text: `UPDATE tokenjar.outbox SET attempts = attempts + 1, failed_at = $2, last_error = $3, sealed = NULL
    WHERE id = $1`,
};
