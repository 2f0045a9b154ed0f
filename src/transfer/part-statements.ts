import { statement } from '../database/statement.js';

/** A trigger moves the epoch of the user; that is no change by anybody here, so what was noted moves along. */
export const SET_PASSWORD = statement<[id: number, passwordHash: string | null]>(
  'transfer_part_password',
  `WITH changed AS (
      UPDATE tokenjar.users u SET password_hash = $2 WHERE id = $1 AND EXISTS (
        SELECT 1 FROM tokenjar.imported_users i WHERE i.user_id = u.id AND i.credentials_epoch = u.credentials_epoch
      ) RETURNING id, credentials_epoch
    )
    UPDATE tokenjar.imported_users i SET credentials_epoch = changed.credentials_epoch
    FROM changed WHERE i.user_id = changed.id`,
);
