import { firstSeen, type SessionHistory } from './history.js';
import type { Scene } from './holder.js';
import { pause, send } from './http.js';
import type { Random } from './random.js';

/** Picks sessions and verifies their newest tokens, without side effects: at most one may be valid besides its parent. */
export async function look(scene: Scene, random: Random): Promise<void> {
  const { history, over, adapter } = scene;
  if (adapter.verifyPath === undefined) return;
  while (!over.aborted) {
    if (history.sessions.length > 0) await judgeTokens(scene, random.pick(history.sessions), 4, random);
    await pause(random.between(50, 250), over);
  }
}

/** @param most the number of newest tokens. */
export async function judgeTokens(
  scene: Scene,
  session: SessionHistory,
  most: number,
  random: Random,
): Promise<void> {
  const { history, adapter, targets } = scene;
  const newest = [...firstSeen(session)].sort(([, a], [, b]) => b - a).slice(0, most);
  for (const [token] of newest) {
    const sentAt = history.now();
    try {
      const url = random.pick(targets) + (adapter.verifyPath ?? '');
      const { status } = await send('POST', url, {
        json: { token: history.bytesOf(token) },
        signal: AbortSignal.timeout(5000),
      });
      session.exchanges.push({
        asked: 'verify',
        holder: 'checker',
        by: 'checker',
        token,
        sentAt,
        answeredAt: history.now(),
        status,
      });
    } catch {
      // Without a response there is no evidence.
    }
  }
}
