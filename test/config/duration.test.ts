import { expect, test } from '@jest/globals';
import { parseDuration } from '../../src/config/duration.js';

test.each([
  ['500ms', 0.5],
  ['1ms', 0.001],
  ['30s', 30],
  ['10m', 600],
  ['12h', 43_200],
  ['14d', 1_209_600],
  ['2w', 1_209_600],
  ['45', 45],
  ['0', 0],
  ['0s', 0],
  ['1.5h', 5400],
  ['0.1s', 0.1],
  [' 5m ', 300],
])('%j is %d seconds', (text, seconds) => {
  expect(parseDuration(text)).toBe(seconds);
});

test.each([
  '',
  ' ',
  'm',
  'soon',
  '-1s',
  '+1s',
  '5 m',
  '5M',
  '10 minutes',
  '1d12h',
  '1e3',
  '.5s',
  '5.s',
  '1,5h',
])('%j is not a duration', (text) => {
  expect(parseDuration(text)).toBeUndefined();
});
