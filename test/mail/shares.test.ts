import { describe, expect, test } from '@jest/globals';
import { type Blame, type Claim, Shares } from '../../src/mail/shares.js';

const START = 1_000_000;

/** Simulates an instance whose queue contains emails in the given order, as picked by the claiming statement. */
function playing(queue: (Partial<Claim> & { domain: string })[]) {
  const shares = new Shares();
  const waiting = queue.map((each, i) => ({ recipient: `r${i}`, isNotice: false, ...each, id: `e${i}` }));
  const inFlight: typeof waiting = [];
  return {
    shares,
    /** Begins whatever may be, and tells the domains. */
    begin: (now = START): string[] => {
      const begun: string[] = [];
      for (;;) {
        const openings = shares.openings(now);
        const at = openings
          ? waiting.findIndex(
              ({ domain, recipient, isNotice }) =>
                !openings.exceptDomains.includes(domain) &&
                !openings.exceptRecipients.includes(recipient) &&
                (openings.withNotices || !isNotice),
            )
          : -1;
        const [next] = at < 0 ? [] : waiting.splice(at, 1);
        if (!next) return begun;
        shares.begin(next.id, next, now);
        inFlight.push(next);
        begun.push(next.domain);
      }
    },
    endAll: (blame: Blame, now = START): void => {
      for (const { id } of inFlight.splice(0)) shares.end(id, blame, now);
    },
  };
}
const times = (count: number, claim: Partial<Claim> & { domain: string }) =>
  Array.from({ length: count }, () => claim);

describe('concurrent attempts', () => {
  test('one domain leaves half of the slots to the next, and so on', () => {
    const { begin } = playing([
      ...times(600, { domain: 'a' }),
      ...times(600, { domain: 'b' }),
      ...times(600, { domain: 'c' }),
    ]);
    expect(begin()).toEqual(
      [...times(5, { domain: 'a' }), ...times(3, { domain: 'b' }), { domain: 'c' }].map(
        ({ domain }) => domain,
      ),
    );
    const { begin: alone } = playing(times(600, { domain: 'a' }));
    expect(alone()).toHaveLength(5);
  });

  test('an account has one', () => {
    const { begin } = playing([...times(9, { domain: 'a', recipient: 'ada' }), { domain: 'a' }]);
    expect(begin()).toHaveLength(2);
  });

  test('notices leave half of the slots to other emails', () => {
    const many = Array.from({ length: 50 }, (_, i) => ({ domain: `n${i}`, isNotice: true }));
    const { begin } = playing([...many, { domain: 'reset' }]);
    expect(begin()).toEqual(['n0', 'n1', 'n2', 'n3', 'n4', 'reset']);
  });

  test('a slow attempt frees its slot for others, and its domain gets no more', () => {
    const domains = Array.from({ length: 100 }, (_, i) => ({ domain: `d${i}` }));
    const { begin } = playing([...times(100, { domain: 'a' }), ...domains]);
    expect(begin()).toHaveLength(10);
    expect(begin(START + 1499)).toEqual([]);
    const second = begin(START + 1500);
    expect(second).toHaveLength(10);
    expect(second).not.toContain('a');
    // Not without bound.
    expect(begin(START + 3000)).toHaveLength(10);
    expect(begin(START + 4500)).toEqual([]);
  });
});

describe('a failing domain', () => {
  test('has one attempt at a time, with pauses, until it succeeds', () => {
    const { begin, endAll } = playing(times(100, { domain: 'a' }));
    begin();
    endAll('domain');
    expect(begin(START + 99)).toEqual([]);
    // Five failed at once.
    expect(begin(START + 1600)).toEqual(['a']);
    endAll('domain', START + 1600);
    expect(begin(START + 1600 + 1999)).toEqual([]);
    expect(begin(START + 1600 + 2000)).toEqual(['a']);
    endAll('nobody', START + 3600);
    expect(begin(START + 3600)).toHaveLength(5);
  });

  test('does not delay others, however many there are', () => {
    const failing = Array.from({ length: 40 }, (_, i) => ({ domain: `f${i}` }));
    const { begin, endAll } = playing([...failing, ...failing, ...failing, ...failing]);
    for (let i = 0; i < 4; i++) {
      begin();
      endAll('domain');
    }
    expect(begin(START + 5000).filter((domain) => Number(domain.slice(1)) < 40)).toHaveLength(3);
    const { begin: fresh, shares } = playing([{ domain: 'good' }]);
    expect(fresh()).toEqual(['good']);
    expect(shares.openings(START)).toBeDefined();
  });

  test('is not affected by an unknown recipient', () => {
    const { begin, endAll } = playing(times(100, { domain: 'a' }));
    begin();
    endAll('recipient');
    expect(begin()).toHaveLength(5);
  });
});

describe('a failing mail server', () => {
  test('is probed by one attempt at a time, after 1, 5, 15 and 60 seconds', () => {
    const domains = Array.from({ length: 100 }, (_, i) => ({ domain: `d${i}` }));
    const { begin, endAll, shares } = playing(domains);
    begin();
    endAll('relay');
    let now = START;
    for (const pause of [1000, 5000, 15_000, 60_000, 60_000]) {
      expect(shares.relayPause(now)).toBe(pause);
      expect(begin(now + pause - 1)).toEqual([]);
      now += pause;
      expect(begin(now)).toHaveLength(1);
      endAll('relay', now);
    }
    now += 60_000;
    expect(begin(now)).toHaveLength(1);
    endAll('nobody', now);
    expect(begin(now).length).toBeGreaterThan(1);
  });

  test('that tolerates fewer connections gets fewer, and slowly more again', () => {
    const domains = Array.from({ length: 400 }, (_, i) => ({ domain: `d${i}` }));
    const { begin, endAll } = playing(domains);
    let now = START;
    for (let i = 0; i < 3; i++) {
      begin(now);
      endAll('relay', now);
      now += 60_000;
    }
    begin(now);
    endAll('nobody', now);
    const widths: number[] = [];
    for (let i = 0; i < 12; i++) {
      widths.push(begin(now).length);
      endAll('nobody', now);
    }
    expect(widths[0]).toBeLessThan(4);
    expect(widths.at(-1)).toBe(10);
    expect(widths).toEqual([...widths].sort((a, b) => a - b));
  });
});
