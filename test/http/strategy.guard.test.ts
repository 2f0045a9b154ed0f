import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { AuthGuard, type IAuthGuard } from '@nestjs/passport';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import passport from 'passport';
import { StrategyGuard } from '../../src/http/strategy.guard.js';

/** Says of a request what the request tells it to. */
class Told extends passport.Strategy {
  override authenticate(request: unknown): void {
    (request as { tell: (strategy: Told) => void }).tell(this);
  }
}

const contextOf = (request: object) => new ExecutionContextHost([request, {}]);

/** What becomes of a request: who is on it once its guard has spoken, and a moment later. */
async function outcomeOf(guard: Pick<IAuthGuard, 'canActivate'>, tell: (strategy: Told) => void) {
  const request: { tell: typeof tell; user?: unknown } = { tell };
  const isIn = await (async () => guard.canActivate(contextOf(request)))().catch(
    ({ message }: Error) => message,
  );
  const { user } = request;
  await setImmediate();
  return { isIn, user, later: request.user };
}

const later = (say: () => void) => void setImmediate().then(say);

describe('the first word of a strategy counts, as for the guard of Nest', () => {
  const ours = new StrategyGuard(new Told());
  const ofNest = new (AuthGuard())({ defaultStrategy: new Told() as unknown as string });

  test.each<[string, (strategy: Told) => void, boolean | string]>([
    ['yes', (it) => it.success('a'), true],
    ['yes, later', (it) => later(() => it.success('a')), true],
    ['yes, and somebody else', (it) => [it.success('a'), it.success('b')], true],
    ['yes, and somebody else later', (it) => [it.success('a'), later(() => it.success('b'))], true],
    ['yes, then no', (it) => [it.success('a'), it.fail()], true],
    ['yes, then a failure', (it) => [it.success('a'), it.error(new Error('late'))], true],
    ['no', (it) => it.fail(), 'Unauthorized'],
    ['no, then yes', (it) => [it.fail(), it.success('a')], 'Unauthorized'],
    ['no, then yes later', (it) => [it.fail(), later(() => it.success('a'))], 'Unauthorized'],
    ['a failure', (it) => it.error(new Error('away')), 'away'],
    ['a failure, then yes', (it) => [it.error(new Error('away')), it.success('a')], 'away'],
    ['nobody', (it) => it.success(undefined as never), 'Unauthorized'],
    [
      'an exception',
      () => {
        throw new TypeError('broken');
      },
      'broken',
    ],
  ])('%s', async (_, tell, isIn) => {
    const outcome = await outcomeOf(ours, tell);
    const user = isIn === true ? 'a' : undefined;
    expect(outcome).toEqual({ isIn, user, later: user });
    expect(await outcomeOf(ofNest, tell)).toEqual(outcome);
  });

  test('but whoever decides nothing lets nobody in', async () => {
    const outcome = { isIn: 'Unauthorized', user: undefined, later: undefined };
    expect(await outcomeOf(ours, (it) => it.pass())).toEqual(outcome);
  });
});

test('of two requests at once, each hears what was said of itself', async () => {
  const guard = new StrategyGuard(new Told());
  const strategies: Told[] = [];
  const requests = ['a', 'b'].map(() => ({ tell: (it: Told) => void strategies.push(it), user: undefined }));
  const verdicts = requests.map(async (request) => guard.canActivate(contextOf(request)));
  strategies[0]?.success('a');
  await Promise.race(verdicts);
  expect(requests.map(({ user }) => user)).toEqual(['a', undefined]);
  strategies[1]?.fail();
  expect(await Promise.allSettled(verdicts)).toEqual([
    { status: 'fulfilled', value: true },
    expect.objectContaining({ status: 'rejected' }),
  ]);
});
