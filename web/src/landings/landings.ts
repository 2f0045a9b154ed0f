import type { FunctionComponent } from 'preact';
import { Unlock } from './unlock.tsx';
import { ChangeEmail, ForgotPassword, ResendEmail, ResetPassword, VerifyEmail } from './pages.tsx';

/**
 * Pages of their own, by path; they are shown whoever is signed in. What stands behind `#` they read themselves: it is
 * never sent to a server. Each path stands in `PAGE_PATHS` of the server's `src/server/account-page.ts` too.
 */
export const LANDINGS: Record<string, FunctionComponent> = {
  '/unlock': Unlock,
  '/verify-email': VerifyEmail,
  '/resend-email': ResendEmail,
  '/change-email': ChangeEmail,
  '/forgot-password': ForgotPassword,
  '/reset-password': ResetPassword,
};
