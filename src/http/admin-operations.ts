import { z } from 'zod';
import type { ListPage, ManagedUser } from './admin-payloads.js';
import { queryBoolean, textField } from './fields.js';
import { adminOperation } from './operation-row.js';

/** The rows of {@link OPERATIONS} for administrators. */
export const ADMIN_OPERATIONS = {
  listUsers: adminOperation<undefined, ListPage<ManagedUser>>(
    'GET /admin/users',
    'List users, in the order of their IDs; of a search, of their addresses',
    {
      isPaged: true,
      query: z.object({
        search: textField(320)
          .optional()
          .meta({ description: 'How an address begins, in upper or lower case; or an ID, exactly.' }),
        role: textField(100).optional().meta({ description: 'Only users who have it.' }),
        active: queryBoolean.meta({ description: 'Only active users, or only deactivated ones.' }),
      }),
    },
  ),
};
