import type { FunctionComponent } from 'preact';
import type { Account } from '../auth.ts';
import { AccountCard } from './account-card.tsx';
import { AccountDeletion } from './account-deletion.tsx';
import { ActivityList } from './activity-list.tsx';
import { EmailChange } from './email-change.tsx';
import { PasswordChange } from './password-change.tsx';
import { SessionList } from './session-list.tsx';

/** What somebody sees who is signed in, in this order. */
export const SECTIONS: FunctionComponent<{ user: Account }>[] = [
  AccountCard,
  SessionList,
  ActivityList,
  PasswordChange,
  EmailChange,
  AccountDeletion,
];
