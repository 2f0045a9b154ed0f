import { describe, expect, test } from '@jest/globals';
import { isMadeOf, resembles } from '../../src/crypto/likeness.js';

const WORDS = ['ada.lovelace@example.com', 'ada.lovelace', 'example', 'My Site', 'ada'];

describe('made of common words', () => {
  test.each([
    'ada.lovelace.1815',
    'ADA.LOVELACE-ada.lovelace',
    'example-example-1',
    'my site 2026 my site',
    'mysite-2026!',
    'ada.lovelace@example.com1',
  ])('%j', (password) => expect(isMadeOf(password, WORDS)).toBe(true));

  test.each([
    'marble cactus orbit lantern',
    'an example of many words',
    'mysite has quiet herons',
    // Too short a word to count.
    'adadadadada',
    '1815',
  ])('not %j', (password) => expect(isMadeOf(password, WORDS)).toBe(false));
});

describe('similar to an address, by Django’s measure', () => {
  // Python: SequenceMatcher(a=password, b=part).quick_ratio() >= 0.7 for a part of the address, or the whole.
  test.each(['johnsmith', 'john.smith1', 'htimsnhoj', 'john@example.com', 'JohnSmith99'])('%j', (password) =>
    expect(resembles(password, 'johnsmith@example.com')).toBe(true),
  );
  test.each(['Nine-quiet-herons-7', 'johnsmith-and-eight-quiet-herons'])('not %j', (password) =>
    expect(resembles(password, 'johnsmith@example.com')).toBe(false),
  );
});
