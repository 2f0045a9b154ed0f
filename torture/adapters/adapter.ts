import type { Reply } from '../http.js';

export interface Account {
  email: string;
  password: string;
}

/** The result of a sign-in. */
export interface SignedIn {
  /** `Set-Cookie` lines. */
  cookies: string[];
  accessToken: string;
  /** The header that offers to bind the session to a key. */
  offer?: string;
}

/** The API of a kind of server. */
export interface Adapter {
  cookieName: string;
  refreshPath: string;
  /** Creates the account if possible and if it does not exist. `onRequest` is called before each request that may open a session. */
  signIn(base: string, account: Account, onRequest: () => void): Promise<SignedIn>;
  /** Number n of the accounts of a run. */
  account(run: string, n: number): Account;
  codeOf(reply: Reply): string | undefined;
  /** Where a refresh token can be verified without side effects, as JSON `{token}`: 200 or 401. */
  verifyPath?: string;
  /** Where an access token is checked, and how its session, or all other sessions of its user, are ended. */
  endings?: { sessionPath: string; logout: [string, string]; endOthers: [string, string] };
}
