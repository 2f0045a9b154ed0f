/* The input and results of the operations on API keys, and of those for other services. See `payloads.ts`. */

export interface NewKeyInput {
  name: string;
  scopes: readonly string[];
  /** **Unit** seconds; undefined for `API_KEY_LIFETIME`. */
  expiresIn: number | undefined;
}

/** The only response that has the key itself. */
export interface CreatedKey {
  key: string;
  id: string;
  name: string;
  scopes: readonly string[];
  expiresAt: Date;
}

export interface ListedKey {
  id: string;
  name: string;
  scopes: readonly string[];
  createdAt: Date;
  expiresAt: Date;
  /** In steps of 15 minutes. */
  lastUsedAt: Date | null;
}

export interface ExchangedToken {
  accessToken: string;
  /** The scheme of the Authorization header. */
  scheme: string;
  /** **Unit** seconds. */
  expiresIn: number;
}

/** A token of whatever kind. A hint about its kind may be wrong, so none is read. */
export interface PresentedToken {
  token: string;
}

/** What is said of a token: nothing if it is not active. **Source** RFC 7662 §2.2. */
export type Introspection = { active: false } | { active: true; claims: Readonly<Record<string, unknown>> };
