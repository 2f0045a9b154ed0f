import type { LetterKind } from '../letter.js';

/** The words of a letter; `{{site}}` and the like stand for values. */
export interface Words {
  subject: string;
  /** Paragraphs before the link. */
  lines: readonly string[];
  /** What the button says that leads to `{{link}}`. */
  action?: string;
  /** Paragraphs after it. */
  after?: readonly string[];
}

export type Phrasebook = Readonly<Record<LetterKind, Words>> & {
  /** For a device whose name is none that we know. */
  readonly unknownDevice: string;
};
