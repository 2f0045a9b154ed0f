import type { EmailKind } from '../email.js';

/** The words of an email; `{{site}}` and the like stand for values. */
export interface Words {
  subject: string;
  /** Paragraphs before the link. */
  lines: readonly string[];
  /** What the button says that leads to `{{link}}`. */
  action?: string;
  /** Paragraphs after it. */
  after?: readonly string[];
}

export type Phrasebook = Readonly<Record<EmailKind, Words>> & {
  /** For a device whose name is none that we know. */
  readonly unknownDevice: string;
};
