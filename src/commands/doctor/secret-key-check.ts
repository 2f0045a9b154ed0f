import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Options } from '../../config/options.js';
import { SECRET_KEY_FILE } from '../../config/secret-key.js';
import { type Finding, Findings } from './finding.js';

/** Texts of examples and templates, which are in every list that attackers try. */
const PLACEHOLDER =
  /change[-_ ]?(me|this|it|in[-_ ]production)|replace[-_ ]?(me|this)|your[-_ ]?(own[-_ ]?)?(secret|key|random)|insecure|example|placeholder|default|a[-_ ]?b[-_ ]?c[-_ ]?d[-_ ]?e|abcedfgh|0?12345678|qwert[yz]|password|hunter2|(super|very|top)[-_ ]?secret|secret[-_ ]?key|lorem ipsum|todo/i;
/** What random bytes in hex have at least, in 64 characters. */
const LEAST_DIFFERENT = 10;
const CURE =
  'Make one with: openssl rand -base64 48. To change it without signing anybody out: docs/operations.md#changing-it';

/** Whether the secret can be guessed, or read by others on this machine. */
export async function checkSecretKey({
  secretKey,
  secretKeyFallbacks,
  production,
  dataDir,
}: Options): Promise<Finding[]> {
  const findings = new Findings('secret_key');
  for (const [name, key] of [
    ['SECRET_KEY', secretKey] as const,
    ...secretKeyFallbacks.map((each) => ['SECRET_KEY_FALLBACKS', each] as const),
  ]) {
    const weakness = key === undefined ? undefined : weaknessOf(key);
    if (weakness === undefined) continue;
    const message = `${name}: ${weakness}`;
    if (production) findings.error(message, CURE);
    else findings.warning(message, CURE);
  }
  if (secretKey === undefined && (await isReadByOthers(join(dataDir, SECRET_KEY_FILE))))
    findings.error(
      `DATA_DIR: others on this machine can read ${SECRET_KEY_FILE}`,
      `chmod 600 ${join(dataDir, SECRET_KEY_FILE)}, and if others may have read it, make another key: docs/operations.md#changing-it`,
    );
  return findings.all;
}

function weaknessOf(key: string): string | undefined {
  if (Buffer.byteLength(key) < 32) return 'is shorter than 32 bytes';
  if (PLACEHOLDER.test(key)) return 'looks like one from an example, which others have too';
  if (/^(.{1,16})\1+$/s.test(key) || new Set(key).size < LEAST_DIFFERENT)
    return 'repeats itself, so it can be guessed';
  return undefined;
}

async function isReadByOthers(path: string): Promise<boolean> {
  try {
    return ((await stat(path)).mode & 0o077) !== 0;
  } catch {
    // None yet, or not readable by us either; the start reports that.
    return false;
  }
}
