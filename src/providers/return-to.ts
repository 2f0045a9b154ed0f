import type { Options } from '../config/options.js';
import { frontendOf } from '../mail/links.js';

/** It travels in a cookie, and is longer than what was written where that is not ASCII. **Unit** characters. */
const LONGEST = 1000;

type ReturnOptions = Pick<Options, 'frontendUrl' | 'publicUrl' | 'port' | 'trustedOrigins'>;

/**
 * Where a browser may be sent after it was at a provider: a path on `FRONTEND_URL`, or a URL of our own origins or of
 * one that `TRUSTED_ORIGINS` names without `*`. Never derived from a request. A fragment is dropped, as ours takes its
 * place.
 *
 * @returns the full address, as the URL standard writes it; undefined if it is refused. **Source** RFC 9700 §4.11.
 */
export function returnAddress(text: string, options: ReturnOptions): string | undefined {
  // Browsers remove some of these, and take a backslash for a slash.
  if (/[\s\\\p{Cc}\p{Cf}]/u.test(text)) return undefined;
  const frontend = frontendOf(options);
  if (text.startsWith('/')) {
    if (text.startsWith('//')) return undefined;
    return withinOrigin(frontend + text, new URL(frontend).origin);
  }
  if (!/^https?:\/\/[^/]/i.test(text) || !URL.canParse(text)) return undefined;
  const own = [frontend, options.publicUrl].flatMap((url) =>
    url === undefined ? [] : [new URL(url).origin],
  );
  const trusted = options.trustedOrigins.filter((origin) => /^https?:/.test(origin) && !origin.includes('*'));
  const origin = [...own, ...trusted].find((each) => each === new URL(text).origin);
  return origin === undefined ? undefined : withinOrigin(text, origin);
}

function withinOrigin(text: string, origin: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.origin !== origin || url.username !== '' || url.password !== '') return undefined;
  url.hash = '';
  return url.href.length > LONGEST ? undefined : url.href;
}

/** Whether an app, or a page of another site, may get a code there: letter for letter, without any interpretation. */
export const isNativeAddress = (text: string, { nativeReturnTo }: Pick<Options, 'nativeReturnTo'>): boolean =>
  nativeReturnTo.includes(text);
