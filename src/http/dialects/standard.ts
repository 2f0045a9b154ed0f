import { STATUS_CODES } from 'node:http';
import type { Dialect } from './dialect.js';

/** Problem details. **Source** RFC 9457; `code` is our extension member, stable for programs to branch on. */
export const standard: Dialect = {
  problem: ({ code, status, detail, errors }) => ({
    contentType: 'application/problem+json',
    body: {
      type: 'about:blank',
      title: STATUS_CODES[status],
      status,
      detail,
      code,
      ...(errors && { errors }),
    },
  }),
};
