import { settings } from './settings.ts';

/**
 * Where somebody goes who has signed in, for an app that has sent them here (`/?return_to=…`). The server has checked it
 * against its allow-list, and has written it as one address of the web: it shows the page at no other.
 */
export function returnAddress(): string | undefined {
  const address = new URLSearchParams(location.search).get('return_to');
  return address !== null && /^https?:\/\//.test(address) ? address : undefined;
}

/** The address of a page of ours that, in the end, leads to where this one does. @param path below the mount. */
export function pageAt(path: string): string {
  const address = returnAddress();
  const query = address === undefined ? '' : `?return_to=${encodeURIComponent(address)}`;
  const [file = '', hash] = path.split('#');
  return settings.mount + file + query + (hash === undefined ? '' : `#${hash}`);
}
