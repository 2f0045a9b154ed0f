import Bowser from 'bowser';

/**
 * Describes a user agent so that the owner recognises it, such as `Firefox on Linux`; null if it contains nothing
 * useful.
 */
export function deviceOf(userAgent: string | null): string | null {
  if (!userAgent) return null;
  const { browser, os } = Bowser.parse(userAgent);
  const system = os.name === 'macOS' || !os.name ? os.name : os.name.replace(/^Windows .*/, 'Windows');
  if (browser.name && system) return shortened(`${browser.name} on ${system}`);
  // A program such as curl/8.5: its own name is the best description.
  return shortened(browser.name || system || userAgent.trim()) || null;
}

const shortened = (name: string): string => name.slice(0, 80);
