import { z } from 'zod';
import type { Dialect, OperationForm } from './dialect.js';

/** Its format is the browsers'. **Source** Device Bound Session Credentials (W3C working draft), §8. */
const deviceSession = z
  .object({
    session_identifier: z.string(),
    refresh_url: z.string().optional(),
    scope: z
      .object({
        include_site: z.literal(false),
        scope_specification: z.array(
          z.object({ type: z.enum(['include', 'exclude']), domain: z.literal('*'), path: z.string() }),
        ),
      })
      .optional(),
    credentials: z
      .array(z.object({ type: z.literal('cookie'), name: z.string(), attributes: z.string() }))
      .optional(),
    allowed_refresh_initiators: z.array(z.string()).optional().meta({
      description: 'The hosts of `TRUSTED_ORIGINS`: for pages of other origins the browser proves nothing.',
    }),
    continue: z.literal(false).optional().meta({ description: 'The browser forgets the session.' }),
  })
  .meta({ id: 'DeviceSession' });

const form: OperationForm<'bindDevice'> = {
  status: 200,
  shape: deviceSession,
  gives: ({ sessionId, goesOn, refreshUrl, includes, initiators, cookie }): z.infer<typeof deviceSession> =>
    goesOn
      ? {
          session_identifier: sessionId,
          refresh_url: refreshUrl,
          scope: {
            include_site: false,
            // Later ones win.
            scope_specification: [
              { type: 'exclude', domain: '*', path: '/' },
              ...includes.map((path) => ({ type: 'include' as const, domain: '*' as const, path })),
            ],
          },
          credentials: [{ type: 'cookie', ...cookie }],
          ...(initiators.length > 0 && { allowed_refresh_initiators: [...initiators] }),
        }
      : { session_identifier: sessionId, continue: false },
  description: 'What the browser keeps of the session.',
};

/** The operations that browsers call, the same in every dialect. */
export const deviceOperations = {
  bindDevice: form,
  proveDevice: { ...form, description: 'As for the binding; the cookie proves the device for one refresh.' },
} satisfies Dialect['operations'];
