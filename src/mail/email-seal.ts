import { createHmac, type KeyObject } from 'node:crypto';
import { deriveKey } from '../crypto/derive.js';
import { seal, unseal } from '../crypto/seal.js';
import type { Email } from './email.js';

type Content = Omit<Email, 'kind'>;

/** Seals what an email says and whom it goes to, while it waits. **Shape** JSON, as `crypto/seal.ts` seals it. */
export class EmailSeal {
  private readonly keys: [KeyObject, ...KeyObject[]];
  private readonly recipientKey: KeyObject;

  /** @param fallbacks former secret keys: they open, and seal nothing new. */
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

  /** Stands for a recipient or a domain, which cannot be read from it. **Shape** 16 bytes, HMAC-SHA-256. */
  digest(about: string, value: string): Buffer {
    return createHmac('sha256', this.recipientKey).update(`${about}\0${value}`).digest().subarray(0, 16);
  }

  /** @returns undefined where no key of ours opens it. */
  open(id: string, kind: Email['kind'], sealed: Buffer): Email | undefined {
    for (const key of this.keys) {
      const opened = unseal(key, sealed, contextOf(id, kind));
      if (opened) return { kind, ...(JSON.parse(opened.toString()) as Content) };
    }
    return undefined;
  }
}

/** A sealed email cannot be moved to another row, nor become one of another kind. The word is older than the class. */
const contextOf = (id: string, kind: string): string => `letter ${kind} ${id}`;
