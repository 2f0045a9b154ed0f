import { createHmac, type KeyObject } from 'node:crypto';
import { deriveKey } from '../crypto/derive.js';
import { seal, unseal } from '../crypto/seal.js';
import type { Email } from './email.js';

type Content = Omit<Email, 'kind'>;

/** Encrypts the content and the recipient of an email while it is queued. **Shape** JSON, encrypted by `crypto/seal.ts`. */
export class EmailSeal {
  private readonly keys: [KeyObject, ...KeyObject[]];
  private readonly recipientKey: KeyObject;

  /** @param fallbacks former secret keys: they only decrypt. */
  constructor(secretKey: string, fallbacks: readonly string[]) {
    this.keys = [
      deriveKey(secretKey, 'sealed letter'),
      ...fallbacks.map((each) => deriveKey(each, 'sealed letter')),
    ];
    this.recipientKey = deriveKey(secretKey, 'letter recipient');
  }

  seal(id: string, { kind, to, languages, values }: Email): Buffer {
    const content: Content = { to, languages, values };
    return seal(this.keys[0], Buffer.from(JSON.stringify(content)), contextOf(id, kind));
  }

  /** A digest of a recipient or a domain that does not reveal it. **Shape** 16 bytes, HMAC-SHA-256. */
  digest(about: string, value: string): Buffer {
    return createHmac('sha256', this.recipientKey).update(`${about}\0${value}`).digest().subarray(0, 16);
  }

  /** @returns undefined if none of our keys decrypts it. */
  open(id: string, kind: Email['kind'], sealed: Buffer): Email | undefined {
    for (const key of this.keys) {
      const opened = unseal(key, sealed, contextOf(id, kind));
      if (opened) return { kind, ...(JSON.parse(opened.toString()) as Content) };
    }
    return undefined;
  }
}

/** Binds an encrypted email to its row and kind. The prefix is kept for rows written by earlier versions. */
const contextOf = (id: string, kind: string): string => `letter ${kind} ${id}`;
