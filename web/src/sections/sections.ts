import type { FunctionComponent } from 'preact';
import type { Account } from '../auth.ts';
import { AccountCard } from './account-card.tsx';
import { AccountDeletion } from './account-deletion.tsx';
import { ActivityList } from './activity-list.tsx';
import { FactorCards } from '../factors/factor-cards.tsx';
import { EmailChange } from './email-change.tsx';
import { PasswordChange } from './password-change.tsx';
import { SessionList } from './session-list.tsx';

type Section = FunctionComponent<{ user: Account }>;

/**
 * The cards for a signed-in user, in this order. Each has a fixed column: a card that grows or shrinks moves none to
 * the other side.
 */
export const COLUMNS: Section[][] = [
  [AccountCard, SessionList, ActivityList],
  [PasswordChange, FactorCards, EmailChange, AccountDeletion],
];
