import { useEffect, useState } from 'preact/hooks';
import { pageAt } from './return-to.ts';
import { settings } from './settings.ts';

export interface Place {
  /** Below the mount. */
  path: string;
  hash: string;
}

function here(): Place {
  const { pathname, hash } = location;
  const { mount } = settings;
  const path = pathname.startsWith(`${mount}/`) ? pathname.slice(mount.length) : pathname;
  return { path: path.replace(/\/$/, ''), hash };
}

/** Where the address leads. */
export function usePlace(): Place {
  const [place, setPlace] = useState(here);
  useEffect(() => {
    const look = () => setPlace(here());
    addEventListener('popstate', look);
    addEventListener('hashchange', look);
    return () => {
      removeEventListener('popstate', look);
      removeEventListener('hashchange', look);
    };
  }, []);
  return place;
}

/** Goes to a page without another page load, and back to this one with the button of the browser. */
export function goTo(path: string): void {
  history.pushState(null, '', pageAt(path));
  dispatchEvent(new PopStateEvent('popstate'));
}

/** Goes to the account without another page load, which would lose what the page has in memory. */
export function goHome(): void {
  history.replaceState(null, '', pageAt('/'));
  dispatchEvent(new PopStateEvent('popstate'));
}
