import type { Breakage } from './breakage.js';

/** What a host's hooks must not be able to open by mistake. */
export const HOOKS: readonly Breakage[] = [
  {
    id: 'a hook that does not say yes lets nobody in',
    file: 'src/hooks/hook-calls.ts',
    text: 'maySignIn: z.boolean(),',
    by: 'maySignIn: z.unknown().transform((answer) => answer !== false),',
    test: 'embed/hooks',
    only: 'lets nobody in',
  },
  {
    id: 'a hook that takes too long is told to stop',
    file: 'src/hooks/hook-calls.ts',
    text: '        stop.abort(error);\n',
    by: '',
    test: 'embed/hooks',
    only: 'hang',
  },
  {
    id: 'the claims of a host replace none of ours',
    file: 'src/tokens/access-token.ts',
    text: 'claims.roles = subject.roles;',
    by: 'claims.roles ??= subject.roles;',
    test: 'embed/hooks',
    only: 'replace none of ours',
  },
  {
    id: 'hooks are asked before a session is opened',
    file: 'src/auth/entry.ts',
    text: 'const asked = await this.ask(id, proof);',
    by: 'const asked = undefined;',
    test: 'embed/hooks',
    only: 'keep the login that waits',
  },
  {
    id: 'hooks are asked before a password is changed',
    file: 'src/accounts/password-change.ts',
    text: 'const asked = await this.answers.askFor(me, user);',
    by: 'const asked = undefined;',
    test: 'embed/hooks',
    only: 'leave the password as it was',
  },
  {
    id: 'an account with a password has no other one in the store of a host',
    file: 'src/auth/foreign-passwords.ts',
    text: 'user.passwordHash !== null || ',
    by: '',
    test: 'embed/hooks',
    only: 'an account with one no other',
  },
  {
    id: 'a wrong password counts while the store of a host is down',
    file: 'src/auth/login-attempts.ts',
    text: "  ['hook_failed', 'failure'],\n",
    by: '',
    test: 'embed/hooks',
    only: 'counts while the store is down',
  },
  {
    id: 'an account and what a host writes for it are one transaction',
    file: 'src/users/users.ts',
    text: '? this.db.transaction((tx) => this.createWithHook(values, tx))',
    by: '? this.createWithHook(values, this.db)',
    test: 'embed/hooks',
    only: 'is one transaction',
  },
];
