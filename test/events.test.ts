import { expect, test } from '@jest/globals';
import { EVENTS } from '../src/events.js';
import { END_REASONS } from '../src/users/blacklist/blacklist-entry.entity.js';
import { en } from '../web/src/text/en.js';

test('the account page has words for every event that users see, and none for others', () => {
  const own = Object.entries(EVENTS).flatMap(([name, { isOwn }]) => (isOwn ? [name] : []));
  const words = Object.keys(en.events).map((key) => key.split('.')[0]);
  expect(own.filter((name) => !(name in en.events || `${name}.failure` in en.events))).toEqual([]);
  expect(words.filter((name = '') => !own.includes(name))).toEqual([]);
});

test('and for every reason why a session ended, but for those that leave nobody to read them', () => {
  const unread = ['user_deleted'];
  const missing = END_REASONS.filter((reason) => !(`session_ended.${reason}` in en.events));
  expect(missing).toEqual(unread);
});
