/** Shows how far long work is, on a terminal. */
export function progressOf(what: string): ((done: number, all?: number) => void) | undefined {
  if (!process.stderr.isTTY) return undefined;
  let shownAt = performance.now();
  return (done, all) => {
    const now = performance.now();
    if (now - shownAt < 1000) return;
    shownAt = now;
    process.stderr.write(`\r${what} ${done}${all === undefined ? '' : ` of ${all}`} \r`);
  };
}
