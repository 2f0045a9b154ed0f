import { useEffect } from 'preact/hooks';
import { settings } from './settings.ts';

/** The document title, as shown by tabs, history and screen readers. **Source** WCAG 2.4.2. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · ${settings.siteName}`;
  }, [title]);
}
