import { useEffect } from 'preact/hooks';
import { settings } from './settings.ts';

/** What a tab, a history and a screen reader call what is shown. **Source** WCAG 2.4.2. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · ${settings.siteName}`;
  }, [title]);
}
