import { z } from 'zod';
import type { TokensAndUser } from '../payloads.js';
import type { PendingSignIn } from '../pending-sign-in.js';
import { orPending, type Shown } from './pending.js';

const ephemeral = z
  .object({
    ephemeral_token: z.string().meta({ description: 'For `mfa/verify`.' }),
    mfa_required: z.literal(true),
    needs: z.enum(['second_factor_required', 'second_factor_setup_required']),
    methods: z.array(z.string()),
    expires_in: z.int().meta({ description: 'How long the login waits, in seconds.' }),
  })
  .meta({ id: 'SecondFactorNeeded' });
const showEphemeral = (result: PendingSignIn): z.infer<typeof ephemeral> => ({
  ephemeral_token: result.loginToken ?? '',
  mfa_required: true,
  needs: result.needs,
  methods: [...result.methods],
  expires_in: result.expiresIn,
});

/**
 * dj-rest-auth's response to a login, also if a second factor is missing. It knows authenticator apps alone, so the
 * rest is ours: whether a factor has to be set up first, and which ones there are.
 */
export const orEphemeral = (shape: z.ZodType, show: Shown<TokensAndUser>['show']) =>
  orPending({ shape, show }, { shape: ephemeral, show: showEphemeral });
