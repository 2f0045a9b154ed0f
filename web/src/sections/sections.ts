import type { FunctionComponent } from 'preact';
import type { Account } from '../auth.ts';
import { AccountCard } from './account-card.tsx';
import { AccountDeletion } from './account-deletion.tsx';
import { ActivityList } from './activity-list.tsx';
import { EmailChange } from './email-change.tsx';
import { PasswordChange } from './password-change.tsx';
import { SessionList } from './session-list.tsx';

type Section = FunctionComponent<{ user: Account }>;

/**
 * What somebody sees who is signed in, in this order. Each has its column: a card that grows or shrinks moves none to
 * the other side.
 */
export const COLUMNS: Section[][] = [
  [AccountCard, SessionList, ActivityList],
  [PasswordChange, EmailChange, AccountDeletion],
];
