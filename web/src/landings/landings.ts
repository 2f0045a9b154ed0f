import type { FunctionComponent } from 'preact';
import { CodeLink } from './code-link.tsx';
import { Invitation } from './invitation.tsx';
import { Unlock } from './unlock.tsx';
import { ChangeEmail, ForgotPassword, ResendEmail, ResetPassword, VerifyEmail } from './pages.tsx';

/**
 * Pages of their own, by path, shown whether or not a user is signed in. They read the fragment (`#`) themselves; it is
 * never sent to a server. Each path is also in `PAGE_PATHS` of the server's `src/server/account-page.ts`.
 */
export const LANDINGS: Record<string, FunctionComponent> = {
  '/sign-in-code': CodeLink,
  '/unlock': Unlock,
  '/invitation': Invitation,
  '/verify-email': VerifyEmail,
  '/resend-email': ResendEmail,
  '/change-email': ChangeEmail,
  '/forgot-password': ForgotPassword,
  '/reset-password': ResetPassword,
};
