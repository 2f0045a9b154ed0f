import type { EmailKind } from '../email.js';

/** The texts of an email; `{{site}}` and the like are replaced by values. */
export interface Words {
  subject: string;
  /** Paragraphs before the link. */
  lines: readonly string[];
  /** The label of the button for `{{link}}`. */
  action?: string;
  /** Paragraphs after it. */
  after?: readonly string[];
}

export type Phrasebook = Readonly<Record<EmailKind, Words>> & {
  /** For a device with an unknown name. */
  readonly unknownDevice: string;
  /** What kinds of second factors are called. */
  readonly factors: Readonly<Record<string, string>>;
};
