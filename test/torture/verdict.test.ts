import { describe, expect, test } from '@jest/globals';
import type { Exchange, SessionHistory } from '../../torture/history.js';
import { outcomeOf } from '../../torture/thefts.js';
import { judgeRevocations, judgeRows, judgeSession } from '../../torture/verdict.js';

const RULES = { rotateAfter: 12_000 };
const THEFT = { at: 5000, style: 'once', delay: 0 };

/** One refresh of a session whose first token is 0. Answered 10 ms after it was sent. */
const refresh = (sentAt: number, token: number, status: number, more: Partial<Exchange> = {}): Exchange => ({
  asked: 'refresh',
  holder: 'owner',
  by: 'b0.0',
  token,
  sentAt,
  answeredAt: sentAt + 10,
  status,
  isDelivered: true,
  ...more,
});
const thief = { holder: 'thief', by: 't0' } as const;
const session = (exchanges: Exchange[], theft?: SessionHistory['theft']): SessionHistory => ({
  browser: 'b0',
  openedAt: 0,
  first: 0,
  exchanges,
  ...(theft && { theft }),
});
const breaches = (exchanges: Exchange[], theft?: SessionHistory['theft']) =>
  judgeSession(session(exchanges, theft), RULES).map(({ breach }) => breach);

describe('an honest session', () => {
  test('is not faulted for lost, repeated and delayed responses', () => {
    const exchanges = [
      refresh(1000, 0, 200),
      refresh(12_000, 0, 200, { issued: 1, isDelivered: false }),
      refresh(12_500, 0, 200, { issued: 1 }),
      refresh(13_000, 1, 200),
      refresh(17_000, 0, 503, { code: 'refresh_pending' }),
      refresh(23_900, 0, 200, { issued: 2 }),
      refresh(24_000, 2, 200),
    ];
    expect(breaches(exchanges)).toEqual([]);
  });

  test('gets one successor after the other when responses are lost repeatedly', () => {
    const exchanges = [
      refresh(12_000, 0, 200, { issued: 1, isDelivered: false }),
      refresh(22_000, 0, 200, { issued: 2 }),
      refresh(22_500, 2, 200),
      // A crash brought the parent back.
      refresh(32_000, 0, 200, { issued: 3 }),
      refresh(32_500, 3, 200),
    ];
    expect(breaches(exchanges)).toEqual([]);
  });

  test('that is refused was logged out without a theft', () => {
    expect(breaches([refresh(1000, 0, 401, { code: 'token_reused' })])).toEqual(['honest_logout']);
  });

  test('that is refused before the copy was used was too', () => {
    const exchanges = [refresh(6000, 0, 401), refresh(7000, 0, 401, thief)];
    expect(breaches(exchanges, THEFT)).toEqual(['honest_logout']);
  });

  test('that gets an unexpected status is reported', () => {
    expect(breaches([refresh(1000, 0, 500)])).toEqual(['unexpected_answer']);
  });

  test('with overlapping requests is not judged by an unknowable order', () => {
    // 1 was seen while the request that brought 2 was under way: either may have come first.
    const exchanges = [
      refresh(12_000, 0, 200, { issued: 1 }),
      refresh(11_900, 0, 200, { issued: 2, answeredAt: 13_000 }),
      refresh(13_500, 1, 200),
    ];
    expect(breaches(exchanges)).toEqual([]);
  });
});

describe('a robbed session', () => {
  const stolen = [refresh(12_000, 0, 200, { ...thief, issued: 1 }), refresh(20_000, 0, 200, { issued: 2 })];

  test('that ends at the first use of a displaced token is a detected theft', () => {
    const exchanges = [...stolen, refresh(25_000, 1, 401, thief), refresh(26_000, 2, 401)];
    expect(breaches(exchanges, THEFT)).toEqual([]);
    expect(outcomeOf(session(exchanges, THEFT), RULES)).toBe('caught');
  });

  test('in which a displaced token is accepted is a violation', () => {
    const exchanges = [...stolen, refresh(25_000, 1, 200, thief)];
    expect(breaches(exchanges, THEFT)).toEqual(['displaced_accepted']);
    expect(outcomeOf(session(exchanges, THEFT), RULES)).toBe('missed');
  });

  test('in which a displaced token verifies is a violation', () => {
    const exchanges = [...stolen, refresh(25_000, 1, 200, { asked: 'verify', holder: 'checker' })];
    expect(breaches(exchanges, THEFT)).toEqual(['displaced_accepted']);
  });

  test('that survives the refusal of a displaced token is a violation', () => {
    const exchanges = [...stolen, refresh(25_000, 1, 401, thief), refresh(26_000, 2, 200)];
    expect(breaches(exchanges, THEFT)).toEqual(['lived_on']);
  });

  test('may get one more response to a request in progress when it ended', () => {
    const exchanges = [
      ...stolen,
      refresh(25_000, 1, 401, { ...thief, answeredAt: 25_100 }),
      refresh(25_050, 2, 200, { answeredAt: 25_200 }),
    ];
    expect(breaches(exchanges, THEFT)).toEqual([]);
  });

  test('with two valid successors of one token is a violation', () => {
    // Both were born at the same time, so neither displaces the other.
    const exchanges = [
      refresh(12_000, 0, 200, { ...thief, issued: 1, answeredAt: 12_100 }),
      refresh(12_000, 0, 200, { issued: 2, answeredAt: 12_100 }),
      refresh(13_000, 1, 200, thief),
      refresh(13_100, 2, 200),
    ];
    expect(breaches(exchanges, THEFT)).toEqual(['two_successors']);
  });

  test('whose token never changes is a violation, because no copy is ever detected', () => {
    const exchanges = [refresh(14_000, 0, 200), refresh(14_500, 0, 200, thief)];
    expect(breaches(exchanges, THEFT)).toEqual(['not_replaced']);
    expect(outcomeOf(session(exchanges, THEFT), RULES)).toBe('missed');
  });

  test('is undetected while both hold the same token, or one stays away', () => {
    const met = [refresh(12_000, 0, 200, { issued: 1 }), refresh(13_000, 0, 200, { ...thief, issued: 1 })];
    expect(outcomeOf(session(met, THEFT), RULES)).toBe('in_step');
    expect(outcomeOf(session(stolen, THEFT), RULES)).toBe('not_back');
    expect(outcomeOf(session([refresh(12_000, 0, 200, { issued: 1 })], THEFT), RULES)).toBe('unused');
  });
});

describe('a session that is bound to a key', () => {
  const required = { code: 'device_proof_required' };
  const bound = (exchanges: Exchange[], more: Partial<SessionHistory> = {}): SessionHistory => ({
    ...session(exchanges, THEFT),
    boundAt: 1000,
    ...more,
  });
  const breachesOf = (judged: SessionHistory) => judgeSession(judged, RULES).map(({ breach }) => breach);

  test('goes on while every use of a copy is refused', () => {
    const exchanges = [
      refresh(6000, 0, 403, { ...thief, ...required }),
      refresh(12_000, 0, 200, { issued: 1 }),
      refresh(13_000, 0, 403, { ...thief, ...required }),
      refresh(14_000, 1, 403, required),
      refresh(15_000, 1, 200),
    ];
    expect(breachesOf(bound(exchanges))).toEqual([]);
    expect(outcomeOf(bound(exchanges), RULES)).toBe('shut_out');
  });

  test('that lets a copy in is a violation, unless the copy was used before', () => {
    expect(breachesOf(bound([refresh(6000, 0, 200, thief)]))).toEqual(['copy_accepted']);
    expect(outcomeOf(bound([refresh(6000, 0, 200, thief)]), RULES)).toBe('missed');
    expect(breachesOf(bound([refresh(6000, 0, 200, thief)], { boundAt: 7000 }))).toEqual([]);
  });

  test('may let in a stolen proof, for the tokens that there were', () => {
    const theft = { ...THEFT, hasProof: true };
    const rotated = refresh(12_000, 0, 200, { ...thief, issued: 1 });
    expect(breachesOf(bound([rotated], { theft }))).toEqual([]);
    const more = [rotated, refresh(13_000, 1, 403, { ...thief, ...required })];
    expect(breachesOf(bound(more, { theft }))).toEqual([]);
    expect(breachesOf(bound([rotated, refresh(13_000, 1, 200, thief)], { theft }))).toEqual([
      'copy_accepted',
    ]);
  });

  test('whose user is refused though no copy was let in has an honest user who was logged out', () => {
    const exchanges = [refresh(6000, 0, 403, { ...thief, ...required }), refresh(7000, 0, 401)];
    expect(breachesOf(bound(exchanges))).toEqual(['honest_logout']);
  });

  test('whose browser was made to forget its key is a violation once it is refused for that', () => {
    const refused = refresh(7000, 0, 403, required);
    expect(breachesOf(bound([refused], { keyLostAt: 6000 }))).toEqual(['key_lost']);
    expect(breachesOf(bound([refused], { keyLostAt: 8000 }))).toEqual([]);
    expect(breachesOf(bound([refresh(7000, 0, 403, { code: 'origin_refused' })]))).toEqual([
      'unexpected_answer',
    ]);
  });
});

test('an access token may be accepted for one second after its end, and no longer', () => {
  const ended = { how: 'logout', answeredAt: 5000, asked: 50 } as const;
  expect(judgeRevocations([ended, { ...ended, lastAcceptedAt: 6000 }])).toEqual([]);
  expect(judgeRevocations([{ ...ended, lastAcceptedAt: 6050 }])).toMatchObject([
    { breach: 'revoked_accepted' },
  ]);
});

test('there are as many sessions as sign-ins, with or without those that got no response', () => {
  expect(judgeRows(10, { answered: 10, sent: 12 }, 0)).toEqual([]);
  expect(judgeRows(12, { answered: 10, sent: 12 }, 0)).toEqual([]);
  expect(judgeRows(13, { answered: 10, sent: 12 }, 0)).toMatchObject([{ breach: 'rows_added' }]);
  expect(judgeRows(9, { answered: 10, sent: 12 }, 0)).toMatchObject([{ breach: 'rows_added' }]);
});
