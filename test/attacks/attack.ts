import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { type Json, readPart, signed, unsigned } from '../support/jwt.js';

/** What an attacker aims at: a token of a session that is alive, and all that they may have learned beside it. */
export interface Target {
  kind: 'access' | 'refresh';
  format: 'standard' | 'simplejwt';
  algorithm: string;
  /** The key of the server: with it, tokens are made whose signature is good and whose words are not. */
  key: KeyObject;
  token: string;
  /** Of the other kind, of the same session. */
  sibling: string;
  /** Of the same kind, of another instance with other keys. */
  foreign: string;
  /** What the server publishes, as its JWK set has it; undefined where all is secret. */
  published: { key: KeyObject; jwk: Json } | undefined;
  /** Whether `aud` is demanded. */
  hasAudience: boolean;
}

/** What is presented, and the code it is refused with, or `accepted`. */
export interface Attack {
  what: string;
  token: string;
  code: string;
  /**
   * What some say instead: verify takes a token of either kind, and its own words choose the check; blacklist takes one
   * of anybody.
   */
  at?: { verify?: string; blacklist?: string };
  /** Good once the blanks around it are cut off, as Django cuts them. */
  isPadded?: boolean;
}

/** Keys of the attacker. */
export const MALLORY = {
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
};

export const headerOf = ({ token }: Target): Json => readPart(token, 0);
export const claimsOf = ({ token }: Target): Json => readPart(token, 1);

/** Makes a token with the key of the server; a text stands for a part as it is. */
export const resigned = (target: Target, header: Json | string, claims: Json | string = {}): string =>
  signed(
    unsigned(
      typeof header === 'string' ? header : { ...headerOf(target), ...header },
      typeof claims === 'string' ? claims : { ...claimsOf(target), ...claims },
    ),
    target.algorithm,
    target.key,
  );

/** The first two parts with another header. */
export const headed = (target: Target, header: Json): string =>
  unsigned({ ...headerOf(target), ...header }, claimsOf(target));

/** The claims as a text of JSON, with one of them written in a way that no encoder would. */
export const claimsWith = (target: Target, name: string, json: string): string => {
  const others = Object.entries(claimsOf(target)).filter(([other]) => other !== name);
  return `${JSON.stringify(Object.fromEntries(others)).slice(0, -1)},${JSON.stringify(name)}:${json}}`;
};

export const refused = (what: string, token: string, code = 'token_invalid'): Attack => ({
  what,
  token,
  code,
});
export const accepted = (what: string, token: string): Attack => ({ what, token, code: 'accepted' });
