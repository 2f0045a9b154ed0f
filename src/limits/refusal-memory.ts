import type { LimitCheck, Policy } from './limit-policies.js';

/** How long a refusal is remembered; another instance may have removed the block meanwhile. **Unit** milliseconds. */
const REMEMBERED_MS = 1000;
const MOST = 10_000;

/** Remembers what the database refused a moment ago, so that a flood does not query it for every request. */
export class RefusalMemory {
  private readonly byKey = new Map<string, { until: Date; forgetAt: number }>();

  find(checks: readonly LimitCheck[], now: Date): { policy: Policy; until: Date } | undefined {
    for (const { policy, key } of checks) {
      const refused = this.byKey.get(nameOf(key));
      if (refused && refused.until > now && refused.forgetAt > now.getTime())
        return { policy, until: refused.until };
    }
    return undefined;
  }

  remember({ key }: LimitCheck, until: Date, now: Date): void {
    this.byKey.delete(nameOf(key));
    makeRoomIn(this.byKey, MOST);
    this.byKey.set(nameOf(key), { until, forgetAt: now.getTime() + REMEMBERED_MS });
  }

  forget(keys: readonly Buffer[]): void {
    for (const key of keys) this.byKey.delete(nameOf(key));
  }
}

/** Removes the oldest entries: a flood must not remove all of them at once. */
export function makeRoomIn(map: Map<string, unknown>, most: number): void {
  for (const oldest of map.keys()) {
    if (map.size < most) return;
    map.delete(oldest);
  }
}

const nameOf = (key: Buffer): string => key.toString('latin1');
