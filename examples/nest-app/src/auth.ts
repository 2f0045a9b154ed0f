import { type HostEvent, TokenjarModule } from 'tokenjar';
import { z } from 'zod';

/** Hands events to the part of the app that wants them; without one they are told again later. */
export const events = {
  handle: (_event: HostEvent): Promise<void> => Promise.reject(new Error('the app is starting')),
};

const profile = z.object({
  firstName: z.string().trim().min(1).max(50),
  company: z.string().max(80).optional(),
});

export const auth = TokenjarModule.forRoot({
  ...(process.env.DATABASE_URL && { databaseUrl: process.env.DATABASE_URL }),
  ...(process.env.SECRET_KEY && { secretKey: process.env.SECRET_KEY }),
  profile,
  claims: ({ roles }) => ({ plan: roles.includes('customer') ? 'customer' : 'visitor' }),
  onEvent: (event) => events.handle(event),
});
