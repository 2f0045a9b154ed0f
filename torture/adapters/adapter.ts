import type { Reply } from '../http.js';

export interface Account {
  email: string;
  password: string;
}

/** What signing in brought. */
export interface SignedIn {
  /** `Set-Cookie` lines. */
  cookies: string[];
  accessToken: string;
}

/** How to speak to a kind of server. */
export interface Adapter {
  cookieName: string;
  refreshPath: string;
  /** Makes the account if it can and it is not there. `onRequest` is called before each request that may open a session. */
  signIn(base: string, account: Account, onRequest: () => void): Promise<SignedIn>;
  /** Number n of the accounts of a run. */
  account(run: string, n: number): Account;
  codeOf(reply: Reply): string | undefined;
  /** Where a refresh token is judged without effect, as JSON `{token}`: 200 or 401. */
  verifyPath?: string;
  /** Where an access token is looked at, and how its session, or all others of its user, are ended. */
  endings?: { sessionPath: string; logout: [string, string]; endOthers: [string, string] };
}
