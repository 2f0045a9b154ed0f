import type { History } from './history.js';
import type { Scene } from './holder.js';
import { pause, send } from './http.js';
import type { Random } from './random.js';

/** How long the old token is presented after the end. **Unit** milliseconds. */
const WATCHED = 2500;
const EVERY = 50;

/** Repeatedly signs in, ends the session on one instance, and presents its access token to another. */
export async function watchRevocations(scene: Scene, run: string, n: number, random: Random): Promise<void> {
  const { adapter, targets, over, history } = scene;
  if (!adapter.endings) return;
  const account = adapter.account(run, n);
  while (!over.aborted) {
    try {
      await endOne(scene, account, random);
    } catch {
      // Servers die here; a sign-in or an end without a response proves nothing.
    }
    await pause(random.between(100, 2000), over);
  }

  async function endOne({ adapter: { endings } }: Scene, who: typeof account, own: Random): Promise<void> {
    if (!endings) return;
    const here = own.pick(targets);
    const there = own.pick(targets.length > 1 ? targets.filter((target) => target !== here) : targets);
    const signIn = async () => {
      const onRequest = () => void history.signIns.sent++;
      const signedIn = await adapter.signIn(here, who, onRequest);
      history.signIns.answered++;
      return signedIn.accessToken;
    };
    const ended = await signIn();
    const how = own.chance(0.5) ? 'logout' : 'others';
    const bearer = how === 'logout' ? ended : await signIn();
    const [method, path] = how === 'logout' ? endings.logout : endings.endOthers;
    const { status } = await send(method, here + path, {
      headers: { authorization: `Bearer ${bearer}` },
      signal: AbortSignal.timeout(5000),
    });
    if (status >= 300) return;
    await show(history, how, ended, there + endings.sessionPath);
  }
}

async function show(history: History, how: 'logout' | 'others', token: string, url: string): Promise<void> {
  const revocation: History['revocations'][number] = { how, answeredAt: history.now(), asked: 0 };
  history.revocations.push(revocation);
  const shows = [];
  for (let time = 0; time <= WATCHED; time += EVERY) {
    shows.push(showOnce());
    await pause(EVERY);
  }
  await Promise.all(shows);

  async function showOnce(): Promise<void> {
    const sentAt = history.now();
    try {
      const headers = { authorization: `Bearer ${token}` };
      const { status } = await send('GET', url, { headers, signal: AbortSignal.timeout(10_000) });
      revocation.asked++;
      if (status === 200) revocation.lastAcceptedAt = Math.max(revocation.lastAcceptedAt ?? 0, sentAt);
    } catch {
      // Killed, or paused.
    }
  }
}
