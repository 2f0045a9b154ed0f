/** What a decoder puts in the place of bytes that are no UTF-8. */
const REPLACEMENT = '\uFFFD';

/**
 * Whether a body that a host's parsers have read contained, or may have contained, bytes that are no UTF-8: they fold
 * to one character, so two passwords would be one. The character itself, which no keyboard has, is refused with them.
 */
export function isUndecoded(body: unknown): boolean {
  const open = [body];
  // A parser of forms may hang the whole body into each of its parts.
  const seen = new Set<object>();
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value === 'string' && value.includes(REPLACEMENT)) return true;
    if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) && !seen.has(value)) {
      seen.add(value);
      for (const [name, inner] of Object.entries(value)) open.push(name, inner);
    }
  }
  return false;
}
