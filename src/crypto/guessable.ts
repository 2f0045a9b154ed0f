import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import * as common from '@zxcvbn-ts/language-common';

/** Guesses an attacker would need at least. Django's list of common passwords is about this deep. */
const LEAST_GUESSES = 1000;
/** Beyond this the estimate costs more than it tells: it grows faster than the length. **Unit** characters. */
const LONGEST_ESTIMATE = 32;

interface Estimate {
  zxcvbn: ZxcvbnFactory;
  common: ReadonlySet<string>;
}
let estimate: Estimate | undefined;

/**
 * Whether a password stands in a list of common ones or would be guessed in fewer than 1,000 tries. It asks nobody.
 *
 * **Source** NIST SP 800-63B-4 §3.1.1.2; ASVS 5.0 6.2.4, 6.2.12.
 */
export function isGuessable(password: string, context: string[]): boolean {
  const { zxcvbn, common } = (estimate ??= prepare());
  if (common.has(password.toLowerCase())) return true;
  return zxcvbn.check(password.slice(0, LONGEST_ESTIMATE), context).guesses < LEAST_GUESSES;
}

/** Not before the first new password: it takes a tenth of a second, which a start should not pay. */
function prepare(): Estimate {
  const { dictionary, adjacencyGraphs: graphs } = common;
  return {
    zxcvbn: new ZxcvbnFactory({ dictionary, graphs }),
    common: new Set(Object.values(dictionary).flat().map(String)),
  };
}
