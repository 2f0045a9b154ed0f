import type { FunctionComponent } from 'preact';
import type { Account } from '../auth.ts';
import { AccountCard } from './account-card.tsx';
import { AccountDeletion } from './account-deletion.tsx';
import { ActivityList } from './activity-list.tsx';
import { FactorCards } from '../factors/factor-cards.tsx';
import { EmailChange } from './email-change.tsx';
import { PasswordChange } from './password-change.tsx';
import { SessionList } from './session-list.tsx';
import { UsernameChange } from './username-change.tsx';

type Section = FunctionComponent<{ user: Account }>;

/**
 * The cards for a signed-in user, in this order. Where there is room for two columns, the second group is on the right,
 * beside both others. A card that grows or shrinks moves none to the other side.
 */
export const GROUPS: Section[][] = [
  [AccountCard, SessionList, ActivityList],
  [PasswordChange, FactorCards],
  [UsernameChange, EmailChange, AccountDeletion],
];
