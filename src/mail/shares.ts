/** Attempts that an instance makes at once. */
const MOST = 10;
/** An attempt that lasts longer leaves its place to others, up to so many attempts in all. */
const SLOW_AFTER_MS = 1500;
const MOST_WITH_SLOW = 30;
/** Attempts at domains that are in trouble, all together; each has one at a time. */
const MOST_TROUBLED = 3;
/** Domains in trouble that are remembered, and for how long after the last failure. */
const MOST_DOMAINS = 1000;
const TROUBLE_LASTS_MS = 600_000;
/** Between two attempts at a domain in trouble. Each e-mail has its own, longer waits besides. */
const LONGEST_DOMAIN_PAUSE_MS = 2000;
/** Between two attempts while the mail server itself fails, the last step over and over. **Unit** milliseconds. */
const RELAY_PAUSES_MS = [1000, 5000, 15_000, 60_000] as const;

/** What an attempt takes its share of. **Shape** of `domain` and `recipient`: hexadecimal digests. */
export interface Claim {
  domain: string;
  recipient: string;
  isNotice: boolean;
}

/** Which e-mails may be attempted now. */
export interface Openings {
  withNotices: boolean;
  exceptDomains: string[];
  exceptRecipients: string[];
}

/** Whom the outcome of an attempt speaks against; `nobody` where the mail server took it, `unknown` where it was not asked. */
export type Blame = 'nobody' | 'recipient' | 'domain' | 'relay' | 'unknown';

/**
 * Who may be sent an e-mail next by this instance, so that no domain, no account and no notice holds up the others.
 *
 * A domain has as many attempts under way as places are free, so one that takes all it may leaves half of them to the
 * next, and that one half of the rest. One in trouble has a single place, and a pause after each failure. While
 * the mail server itself fails, one attempt at a time probes it.
 * **Source** of the first rule: Choudhury and Hahne, Dynamic Queue Length Thresholds for Shared-Memory Packet Switches
 * (1998), with alpha 1; of the width: RFC 5681 §3.1.
 */
export class Shares {
  private readonly underWay = new Map<string, Claim & { since: number }>();
  private readonly troubled = new Map<string, { failures: number; last: number }>();
  /** How many attempts the mail server bears at once: halved when it fails, one more for each round that succeeds. */
  private width = MOST;
  private relayFailures = 0;
  private relayResumesAt = -Infinity;

  /** @returns undefined where nothing may be attempted. @param now **Unit** milliseconds. */
  openings(now: number): Openings | undefined {
    const all = [...this.underWay.values()];
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
    this.underWay.set(id, { ...claim, since: now });
  }

  /** @param blame whom the outcome speaks against. */
  end(id: string, blame: Blame, now: number): void {
    const claim = this.underWay.get(id);
    this.underWay.delete(id);
    if (!claim || blame === 'unknown') return;
    if (blame === 'relay') {
      // Of attempts that failed together the first has said so.
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

  /** How long the mail server is left alone. **Unit** milliseconds. */
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

  /** Domains that failed lately, or let us wait. */
  private inTrouble(now: number): Set<string> {
    for (const [domain, { last }] of this.troubled) {
      if (now - last < TROUBLE_LASTS_MS) break;
      this.troubled.delete(domain);
    }
    const slow = [...this.underWay.values()].filter(({ since }) => now - since >= SLOW_AFTER_MS);
    return new Set([...this.troubled.keys(), ...slow.map(({ domain }) => domain)]);
  }
}

const pauseAfter = (failures: number): number =>
  Math.min(LONGEST_DOMAIN_PAUSE_MS, 100 * 2 ** Math.min(10, failures - 1));
