import { useEffect, useState } from 'preact/hooks';
import { settings } from '../settings.ts';
import { useText } from '../text/text.ts';

/** Where the letter about an account lock leads: afterwards the account knows this browser. */
export function Unlock() {
  const text = useText();
  const [said, setSaid] = useState<'busy' | 'done' | 'failed'>('busy');
  useEffect(() => {
    const key = new URLSearchParams(location.hash.slice(1)).get('key') ?? '';
    // Neither the history nor a screenshot should keep it.
    history.replaceState(null, '', location.pathname);
    unlock(key).then(
      (isDone) => setSaid(isDone ? 'done' : 'failed'),
      () => setSaid('failed'),
    );
  }, []);
  return (
    <main class="narrow">
      <h1>{text.unlock}</h1>
      <p role={said === 'failed' ? 'alert' : 'status'} class={said === 'failed' ? 'alert' : 'notice'}>
        {said === 'busy' ? text.busy : said === 'done' ? text.unlocked : text.notUnlocked}
      </p>
      {said !== 'busy' && (
        <p class="aside">
          <a href="/">{text.signIn}</a>
        </p>
      )}
    </main>
  );
}

/** A mail scanner that opens links runs no script, so only a person's browser gets here. */
async function unlock(key: string): Promise<boolean> {
  const answer = await fetch(`${settings.baseUrl}/login/unlock`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ key }),
  });
  return answer.ok;
}
