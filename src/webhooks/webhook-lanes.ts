/** Attempts of one process at once. */
const MOST = 64;
/** The same to one endpoint. */
const MOST_PER_ENDPOINT = 4;
/** An attempt that takes longer makes its endpoint a slow one. **Unit** milliseconds. */
const SLOW_AFTER_MS = 2000;

/** Which endpoints may be called next: one that is slow or fails gets one attempt at a time, and holds up no other. */
export class WebhookLanes {
  private readonly inFlight = new Map<string, { endpoint: string; since: number }>();
  private readonly failing = new Set<string>();

  /** How many attempts may begin, and the endpoints that have no room. @param now of a monotonic clock. */
  openings(now: number): { room: number; full: string[] } {
    const counts = new Map<string, number>();
    const slow = new Set(this.failing);
    for (const { endpoint, since } of this.inFlight.values()) {
      counts.set(endpoint, (counts.get(endpoint) ?? 0) + 1);
      if (now - since > SLOW_AFTER_MS) slow.add(endpoint);
    }
    const full = [...counts].filter(
      ([endpoint, count]) => count >= (slow.has(endpoint) ? 1 : MOST_PER_ENDPOINT),
    );
    return { room: MOST - this.inFlight.size, full: full.map(([endpoint]) => endpoint) };
  }

  begin(id: string, endpoint: string, now: number): void {
    this.inFlight.set(id, { endpoint, since: now });
  }

  end(id: string, isSuccess: boolean, now: number): void {
    const attempt = this.inFlight.get(id);
    this.inFlight.delete(id);
    if (!attempt) return;
    if (isSuccess && now - attempt.since <= SLOW_AFTER_MS) this.failing.delete(attempt.endpoint);
    else this.failing.add(attempt.endpoint);
  }
}
