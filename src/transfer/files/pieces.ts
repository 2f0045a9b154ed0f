/** A part of a file that is one entry, as bytes, or why it is none. */
export interface Piece {
  /** Where it is, for people: `line 12`, `users[11]`. */
  at: string;
  /** The list that it is in, or the table; empty where a file is one list. */
  section: string;
  bytes: Buffer | undefined;
}

/** What an entry may have, so that no file fills the memory. **Unit** bytes. */
export const LONGEST_PIECE = 4 * 2 ** 20;

/** Collects the bytes of a piece, as long as it is not too long. */
export class Collector {
  private parts: Buffer[] = [];
  private length = 0;

  add(part: Buffer): void {
    this.length += part.length;
    if (this.length <= LONGEST_PIECE) this.parts.push(part);
    else this.parts = [];
  }

  /** What was collected, undefined if it was too long; it begins anew. */
  take(): Buffer | undefined {
    const [only] = this.parts;
    const bytes = this.parts.length === 1 && only ? only : Buffer.concat(this.parts);
    const isWhole = this.length <= LONGEST_PIECE;
    this.parts = [];
    this.length = 0;
    return isWhole ? bytes : undefined;
  }
}

export const isBlank = (bytes: Buffer): boolean =>
  bytes.every((byte) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d));
