import type { System } from './system.js';
import { text, texts } from './values.js';

/** As WordPress makes the table. */
const COLUMNS = [
  ...(['ID', 'user_login', 'user_pass', 'user_nicename', 'user_email', 'user_url'] as const),
  ...(['user_registered', 'user_activation_key', 'user_status', 'display_name'] as const),
];

/**
 * WordPress: `wp user list --format=json` or `csv` with its fields named, or the table `wp_users` as MySQL dumps it.
 * **Source** WordPress 6.8, `wp-admin/includes/schema.php`; WP-CLI, `wp user list`.
 */
export const wordpress: System = {
  title: 'WordPress',
  reads: ['csv', 'sql'],
  columnsOf: (table) => (table.endsWith('_users') ? COLUMNS : undefined),
  read(entry) {
    const key = text(entry, 'ID', 'id');
    if (key === undefined || !('user_login' in entry)) return undefined;
    const registeredAt = text(entry, 'user_registered');
    return {
      key,
      id: Number(key),
      email: text(entry, 'user_email'),
      username: text(entry, 'user_login'),
      roles: texts(entry.roles),
      // What it writes for no date.
      createdAt: registeredAt?.startsWith('0000-') ? undefined : registeredAt,
      hash: text(entry, 'user_pass') ?? ('user_pass' in entry ? '' : undefined),
      identities: [],
    };
  },
};
