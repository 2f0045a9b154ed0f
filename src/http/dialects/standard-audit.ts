import { Readable } from 'node:stream';
import { StreamableFile } from '@nestjs/common';
import { z } from 'zod';
import { EVENTS } from '../../events.js';
import type { AuditFacts, Download } from '../admin-payloads.js';
import { shownUserId } from '../fields.js';
import type { Dialect } from './dialect.js';
import { listShape, showList } from './lists.js';

const auditEvent = z
  .object({
    id: z.string(),
    at: z.iso.datetime(),
    event: z.string().meta({ description: 'See `docs/events.md`. More values may be added.' }),
    outcome: z.enum(['success', 'failure']),
    reason: z.string().nullable(),
    user_id: shownUserId.nullable().meta({ description: 'The account that it is about.' }),
    session_id: z.uuid().nullable(),
    ip: z.string().nullable(),
    user_agent: z.string().nullable(),
    request_id: z.string().nullable(),
    actor: z
      .string()
      .nullable()
      .meta({ description: 'The administrator or operator, if it was neither the owner nor a stranger.' }),
    methods: z.array(z.string()).nullable(),
    count: z.int(),
  })
  .meta({ id: 'AuditEvent' });
const showEvent = (facts: AuditFacts): z.infer<typeof auditEvent> => ({
  id: facts.id,
  at: facts.at.toISOString(),
  event: facts.event,
  outcome: facts.outcome,
  reason: facts.reason,
  user_id: facts.userId,
  session_id: facts.sessionId,
  ip: facts.ip,
  user_agent: facts.userAgent,
  request_id: facts.requestId,
  actor: facts.actor,
  methods: facts.methods,
  count: facts.count,
});

/** How many characters are sent at once. */
const CHUNK = 16_384;

const isDownload = (result: object): result is Download => 'lines' in result;

const events = {
  status: 200,
  shape: listShape(auditEvent, 'AuditEvents'),
  description: 'At most 100 events (`?limit=`), and the cursor of the next page.',
};

/** The operations of administrators on the audit trail. */
export const auditOperations = {
  listUserActivity: { ...events, gives: showList(showEvent) },
  listAudit: {
    ...events,
    gives: (result, options) => {
      if (!isDownload(result)) return showList(showEvent)(result, options);
      const stream = Readable.from(result.lines, { highWaterMark: CHUNK, objectMode: false });
      return new StreamableFile(stream, {
        type: `${result.type}; charset=utf-8`,
        disposition: `attachment; filename="${result.name}"`,
      });
    },
    alternatives: {
      'text/csv': `id,at,event,outcome,reason,user_id,session_id,ip,user_agent,request_id,actor,methods,count\r\n7,2026-01-01T12:00:00.000Z,${'login' satisfies keyof typeof EVENTS},success,,42,,203.0.113.7,,,,pwd,1\r\n`,
    },
  },
} satisfies Dialect['operations'];
