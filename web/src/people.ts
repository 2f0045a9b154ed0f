import { auth } from './auth.ts';

const NAME = 'tokenjar.typed';

/** Notes that a person uses this browser: a form that asks for something has been filled in. */
export function noteTyping(): void {
  try {
    localStorage.setItem(NAME, '1');
  } catch {
    // Where nothing can be stored, the person types once more.
  }
}

/**
 * Whether a person has used this site in this browser. The browser in which a mail scanner opens a link has no past, and
 * the scanner presses buttons but types nothing.
 */
export function hasPerson(): boolean {
  try {
    return auth.user !== null || localStorage.getItem(NAME) !== null;
  } catch {
    return false;
  }
}
