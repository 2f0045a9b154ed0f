import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import type { Adapter } from './adapters/adapter.js';
import { simplejwt } from './adapters/simplejwt.js';
import { tokenjar, tokenjarBound } from './adapters/tokenjar.js';
import { type Times, timesAt } from './scale.js';

export interface Options {
  seconds: number;
  browsers: number;
  instances: number;
  seed: string;
  times: Times;
  /** Mean time between two thefts. **Unit** milliseconds. */
  theftEvery: number;
  /** The share of browsers that bind their sessions to a key; 0 if the servers do not offer it. */
  bound: number;
  adapter: Adapter;
  /** External servers; empty if the kit starts its own. */
  targets: string[];
  /** Directory of the server that the kit starts. */
  server: string;
  /** Settings of that server, in addition to or overriding the kit's. */
  settings: Record<string, string>;
  svg?: string;
  isJson: boolean;
}

const ADAPTERS: Record<string, Adapter> = { tokenjar, simplejwt };

export const USAGE = `npm run torture -- [options]

  --seconds 60        how long browsers, thieves and faults go on
  --browsers 300      each has one to three tabs, a cookie jar and an account
  --instances 2       servers on one database
  --seed 1            the plan repeats with it (the order of what runs at once does not)
  --scale 0.1         of the default times: grace 30 s, give up 20 s, rotate after 120 s, rollback 30 s
  --theft-every 1     seconds between two thefts in the mean
  --bound 0.8         the share of browsers that bind their sessions to a key (DEVICE_BOUND_SESSIONS); 0 without it
  --set NAME=VALUE    a setting of the servers; may be repeated
  --server DIRECTORY  the project whose servers are started; built if it is older than its sources
  --target URL,URL    use these servers on this machine instead; they are not killed, and must use the times of --scale
  --adapter tokenjar  their API: ${Object.keys(ADAPTERS).join(' or ')}
  --svg FILE          draws a timeline
  --json              prints the figures as JSON
  --help`;

/** **Errors** `TypeError` for invalid options. */
export function readOptions(args: string[]): Options | 'help' {
  const text = (value: string) => ({ type: 'string', default: value }) as const;
  const { values } = parseArgs({
    args,
    options: {
      seconds: text('60'),
      browsers: text('300'),
      instances: text('2'),
      seed: text('1'),
      scale: text('0.1'),
      'theft-every': text('1'),
      bound: text('0'),
      set: { type: 'string', multiple: true, default: [] },
      server: text(fileURLToPath(new URL('../', import.meta.url))),
      target: text(''),
      adapter: text('tokenjar'),
      svg: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const bound = Number(values.bound);
  if (!(bound >= 0 && bound <= 1)) throw new TypeError('--bound is a number from 0 to 1');
  const adapter = bound > 0 && values.adapter === 'tokenjar' ? tokenjarBound : ADAPTERS[values.adapter];
  if (!adapter) throw new TypeError(`--adapter is one of ${Object.keys(ADAPTERS).join(', ')}`);
  const number = (name: 'seconds' | 'browsers' | 'instances' | 'scale' | 'theft-every') => {
    const value = Number(values[name]);
    if (!(value > 0)) throw new TypeError(`--${name} is a number above 0`);
    return value;
  };
  return {
    seconds: number('seconds'),
    browsers: number('browsers'),
    instances: number('instances'),
    seed: values.seed,
    times: timesAt(number('scale')),
    theftEvery: 1000 * number('theft-every'),
    bound,
    adapter,
    targets: values.target
      .split(',')
      .filter((target) => target !== '')
      .map(toTarget),
    server: values.server,
    settings: {
      ...(bound > 0 && { DEVICE_BOUND_SESSIONS: 'on', COOKIE_SECURE: 'on' }),
      ...Object.fromEntries(values.set.map(toSetting)),
    },
    svg: values.svg,
    isJson: values.json,
  };
}

/** Only servers on this machine are allowed, because the run would be an attack on any other. */
function toTarget(target: string): string {
  const { hostname, origin } = new URL(target);
  if (!/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname))
    throw new TypeError(`--target ${target}: only servers on this machine`);
  return origin;
}

function toSetting(setting: string): [string, string] {
  const at = setting.indexOf('=');
  if (at < 1) throw new TypeError(`--set ${setting}: NAME=VALUE`);
  return [setting.slice(0, at), setting.slice(at + 1)];
}
