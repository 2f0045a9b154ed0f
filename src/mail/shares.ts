/** Concurrent attempts of an instance. */
const MOST = 10;
/** An attempt that takes longer frees its slot for others, up to this total. */
const SLOW_AFTER_MS = 1500;
const MOST_WITH_SLOW = 30;
/** Attempts at all troubled domains together; each has one at a time. */
const MOST_TROUBLED = 3;
/** How many troubled domains are remembered, and for how long after the last failure. */
const MOST_DOMAINS = 1000;
const TROUBLE_LASTS_MS = 600_000;
/** Between two attempts at a troubled domain. Each email additionally has its own, longer delays. */
const LONGEST_DOMAIN_PAUSE_MS = 2000;
/** Between two attempts while the mail server itself fails; the last one repeats. **Unit** milliseconds. */
const RELAY_PAUSES_MS = [1000, 5000, 15_000, 60_000] as const;

/** What an attempt occupies. **Shape** of `domain` and `recipient`: hexadecimal digests. */
export interface Claim {
  domain: string;
  recipient: string;
  isNotice: boolean;
}

/** Which emails may be attempted now. */
export interface Openings {
  withNotices: boolean;
  exceptDomains: string[];
  exceptRecipients: string[];
}

/**
 * What a failed attempt is attributed to; `nobody` if the mail server accepted it, `email` if nothing follows for others,
 * `unknown` if the mail server was not contacted.
 */
export type Blame = 'nobody' | 'recipient' | 'domain' | 'relay' | 'email' | 'unknown';

/**
 * Decides which emails this instance may send next, so that no domain, account or notice holds up the others.
 *
 * A domain may have as many concurrent attempts as slots are free, so a domain that uses all of them leaves half of the
 * slots to the next one, which leaves half of the rest. A troubled domain has a single slot, and a pause after each
 * failure. While the mail server itself fails, one attempt at a time probes it.
 * **Source** of the first rule: Choudhury and Hahne, Dynamic Queue Length Thresholds for Shared-Memory Packet Switches
 * (1998), with alpha 1; of the width: RFC 5681 §3.1.
 */
export class Shares {
  private readonly inFlight = new Map<string, Claim & { since: number }>();
  private readonly troubled = new Map<string, { failures: number; last: number }>();
  /** How many concurrent attempts the mail server tolerates: halved when it fails, increased by one for each successful round. */
  private width = MOST;
  private relayFailures = 0;
  private relayResumesAt = -Infinity;

  /** @returns undefined if nothing may be attempted. @param now **Unit** milliseconds. */
  openings(now: number): Openings | undefined {
    const all = [...this.inFlight.values()];
    const quick = all.filter(({ since }) => now - since < SLOW_AFTER_MS);
    const free = Math.floor(this.relayFailures > 0 ? 1 : this.width) - quick.length;
    if (now < this.relayResumesAt || free <= 0 || all.length >= MOST_WITH_SLOW) return undefined;
    const troubled = this.inTrouble(now);
    const isTroubledFull = all.filter(({ domain }) => troubled.has(domain)).length >= MOST_TROUBLED;
    const counts = new Map<string, number>();
    for (const { domain } of all) counts.set(domain, (counts.get(domain) ?? 0) + 1);
    const full = [...counts].filter(([domain, count]) => count >= (troubled.has(domain) ? 1 : free));
    const paused = [...this.troubled].filter(
      ([, { failures, last }]) => isTroubledFull || now < last + pauseAfter(failures),
    );
    return {
      withNotices: all.filter(({ isNotice }) => isNotice).length < MOST / 2,
      exceptDomains: [...new Set([...full, ...paused].map(([domain]) => domain))],
      exceptRecipients: all.map(({ recipient }) => recipient),
    };
  }

  begin(id: string, claim: Claim, now: number): void {
    this.inFlight.set(id, { ...claim, since: now });
  }

  /** @param blame what the outcome is attributed to. */
  end(id: string, blame: Blame, now: number): void {
    const claim = this.inFlight.get(id);
    this.inFlight.delete(id);
    if (!claim || blame === 'unknown' || blame === 'email') return;
    if (blame === 'relay') {
      // Of attempts that failed together, only the first counts.
      if (now < this.relayResumesAt) return;
      this.relayResumesAt = now + (RELAY_PAUSES_MS[this.relayFailures] ?? 60_000);
      this.relayFailures += 1;
      this.width = Math.max(1, this.width / 2);
      return;
    }
    this.relayFailures = 0;
    this.width = Math.min(MOST, this.width + 1 / this.width);
    if (blame === 'domain') this.blame(claim.domain, now);
    else this.troubled.delete(claim.domain);
  }

  /** The remaining pause of the mail server. **Unit** milliseconds. */
  relayPause(now: number): number {
    return Math.max(0, this.relayResumesAt - now);
  }

  private blame(domain: string, now: number): void {
    const failures = (this.troubled.get(domain)?.failures ?? 0) + 1;
    this.troubled.delete(domain);
    this.troubled.set(domain, { failures, last: now });
    const [oldest] = this.troubled.keys();
    if (this.troubled.size > MOST_DOMAINS && oldest !== undefined) this.troubled.delete(oldest);
  }

  /** Domains that failed recently or are slow. */
  private inTrouble(now: number): Set<string> {
    for (const [domain, { last }] of this.troubled) {
      if (now - last < TROUBLE_LASTS_MS) break;
      this.troubled.delete(domain);
    }
    const slow = [...this.inFlight.values()].filter(({ since }) => now - since >= SLOW_AFTER_MS);
    return new Set([...this.troubled.keys(), ...slow.map(({ domain }) => domain)]);
  }
}

const pauseAfter = (failures: number): number =>
  Math.min(LONGEST_DOMAIN_PAUSE_MS, 100 * 2 ** Math.min(10, failures - 1));
