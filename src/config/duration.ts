const SECONDS = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const;

/**
 * Parses a duration.
 *
 * **Shape** a number and a unit: `500ms`, `30s`, `10m`, `12h`, `14d`, `2w`; a bare number counts as seconds.
 * **Unit** seconds, as a fraction where `ms` is used.
 *
 * @returns `undefined` if the text is not a duration.
 */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d|w)?$/.exec(text.trim());
  if (!match) return undefined;
  const unit = (match[2] ?? 's') as keyof typeof SECONDS;
  // Rounded to milliseconds, because 0.001 has no exact binary representation.
  return Math.round(Number(match[1]) * SECONDS[unit] * 1000) / 1000;
}
