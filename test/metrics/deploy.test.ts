import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { MEASURES } from '../../src/measures.js';
import { PrometheusMetrics } from '../../src/metrics/prometheus-metrics.js';
import { ROOT } from '../support/server-process.js';

const RULES = join(ROOT, 'deploy/prometheus/tokenjar.rules.yml');
const DASHBOARD = join(ROOT, 'deploy/grafana/tokenjar.json');
const hasPromtool = spawnSync('promtool', ['--version']).status === 0;
/** Debian: `apt-get install prometheus`. */
const promtoolTest = hasPromtool ? test : test.skip;

/** The names of our metrics, and of the process, in a text. */
const namesIn = (text: string): string[] => [
  ...new Set(text.match(/\b(tokenjar|nodejs|process)_[a-z0-9_]+\b/g) ?? []),
];

interface Dashboard {
  panels: { title: string; targets: { expr: string }[] }[];
}
const dashboard = JSON.parse(readFileSync(DASHBOARD, 'utf8')) as Dashboard;
const expressions = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));

const metrics = new PrometheusMetrics().watchProcess();

test('the alerts and the dashboard use metrics that are there', async () => {
  const text = await metrics.text();
  const there = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name));
  const used = namesIn(`${readFileSync(RULES, 'utf8')}\n${expressions.join('\n')}`);
  expect(used.length).toBeGreaterThan(15);
  expect(used.filter((name) => !there.has(name.replace(/_(bucket|sum|count)$/, '')))).toEqual([]);
});

test('the dashboard shows every metric', () => {
  const shown = namesIn(expressions.join('\n')).map((name) => name.replace(/_bucket$/, ''));
  expect(Object.keys(MEASURES).filter((name) => !shown.includes(name))).toEqual([]);
});

promtoolTest('promtool accepts the alerts', () => {
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', RULES], { encoding: 'utf8' });
  expect({ status, stdout, stderr }).toMatchObject({ status: 0, stdout: expect.stringContaining('SUCCESS') });
});

promtoolTest('promtool accepts the expressions of the dashboard', () => {
  const rules = expressions.map((expr, i) => ({
    record: `panel:${i}`,
    expr: expr.replaceAll('$__rate_interval', '5m'),
  }));
  const directory = mkdtempSync(join(tmpdir(), 'tokenjar-dashboard-'));
  const file = join(directory, 'rules.json');
  // JSON is YAML.
  writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', file], { encoding: 'utf8' });
  rmSync(directory, { recursive: true });
  expect({ status, stdout, stderr }).toMatchObject({ status: 0 });
});

promtoolTest('promtool finds nothing to mend in the metrics', async () => {
  const other = new PrometheusMetrics();
  other.add('tokenjar_requests_total', 1, 'login', '200');
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
    input: await other.text(),
    encoding: 'utf8',
  });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
});
