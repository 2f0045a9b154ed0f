import Bowser from 'bowser';

/** Says what a user agent is in words its owner knows: `Firefox on Linux`; null where there is nothing to say. */
export function deviceOf(userAgent: string | null): string | null {
  if (!userAgent) return null;
  const { browser, os } = Bowser.parse(userAgent);
  const system = os.name === 'macOS' || !os.name ? os.name : os.name.replace(/^Windows .*/, 'Windows');
  if (browser.name && system) return shortened(`${browser.name} on ${system}`);
  // A program, such as curl/8.5: its own name is the best there is.
  return shortened(browser.name || system || userAgent.trim()) || null;
}

const shortened = (name: string): string => name.slice(0, 80);
