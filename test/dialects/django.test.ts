import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SECRET_KEY, startApp, type TestApp } from '../support/app.js';
import { play } from './play.js';
import { SCENARIOS } from './reference/scenarios.js';

/** Recorded from the reference: 26 scenarios. */
const RECORDED = JSON.parse(readFileSync(new URL('reference/answers.json', import.meta.url), 'utf8')) as {
  name: string;
  answers: unknown[];
}[];

let app: TestApp;
beforeAll(async () => {
  app = await startApp({ dialect: 'django', algorithm: 'HS256', refreshGrace: '0s' });
});
afterAll(() => app.close());

const played = (name: string) => {
  const scenario = SCENARIOS.find((each) => each.name === name);
  if (!scenario) throw new Error(`nothing plays: ${name}`);
  return play(scenario, { url: app.url, secretKey: SECRET_KEY, now: () => app.clock.now() });
};

describe('responds like the reference', () => {
  test('in all 26 scenarios', () => {
    expect(SCENARIOS.map(({ name }) => name)).toEqual(RECORDED.map(({ name }) => name));
    expect(RECORDED).toHaveLength(26);
  });

  test.each(RECORDED)('$name', async ({ name, answers }) => {
    expect(await played(name)).toEqual(answers);
  });
});
