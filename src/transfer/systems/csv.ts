import { digestKey } from '../said.js';
import type { System } from './system.js';
import { isNotFalse, isTrue, text, texts } from './values.js';

/** Any other system: a table with a header, or the same as JSON. **Source** docs/moving.md has the columns. */
export const csv: System = {
  title: 'a CSV table',
  reads: ['csv'],
  read(entry) {
    const [id, email, username] = ['id', 'email', 'username'].map((name) => text(entry, name)?.trim());
    const name = email?.toLowerCase() ?? username;
    if (id === undefined && name === undefined) return undefined;
    return {
      key: id ?? digestKey(name ?? ''),
      id: /^[1-9]\d*$/.test(id ?? '') ? Number(id) : undefined,
      email,
      username,
      isVerified: isTrue(entry, 'email_verified'),
      isActive: isNotFalse(entry, 'is_active'),
      roles: texts(entry.roles),
      createdAt: text(entry, 'created_at'),
      lastLoginAt: text(entry, 'last_login_at'),
      hash: text(entry, 'password_hash') ?? ('password_hash' in entry ? '' : undefined),
      totp: text(entry, 'totp_secret'),
      identities: ['google', 'github', 'kakao', 'naver', 'apple'].flatMap((provider) => {
        const subject = text(entry, `${provider}_id`);
        return subject === undefined ? [] : { provider, subject };
      }),
    };
  },
};
