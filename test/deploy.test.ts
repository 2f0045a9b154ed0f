import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { validate } from 'dockerfile-utils';
import { parse, parseAllDocuments } from 'yaml';
import { readEnvironment } from '../src/config/env.js';
import { NAMES, SECRET_NAMES } from '../src/config/setting-names.js';
import { FIXED_OPERATIONS } from '../src/http/operations.js';
import { ROOT } from './support/server-process.js';

const PUBLIC_PATHS = Object.values(FIXED_OPERATIONS).map(({ route }) => route);

const read = (name: string): string => readFileSync(join(ROOT, 'deploy', name), 'utf8');
const MANIFESTS = readdirSync(join(ROOT, 'deploy/kubernetes')).map((name) => `kubernetes/${name}`);

interface Container {
  args?: string[];
  env: { name: string; value: string }[];
  securityContext: object;
  resources: { limits: object; requests: object };
  [probe: `${string}Probe`]: { httpGet: { path: string } };
}
interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string };
  spec: {
    template: { spec: { containers: Container[]; securityContext: object; volumes: { name: string }[] } };
  };
  configMapGenerator?: { literals: string[] }[];
  resources?: string[];
}
const manifestOf = (path: string): Manifest => parse(read(path)) as Manifest;

/** Every variable that is set somewhere is a setting, or the file of a secret. */
function expectSettings(names: readonly string[]): void {
  const known = new Set([...NAMES.keys(), ...SECRET_NAMES.map((name) => `${name}_FILE`)]);
  expect(names.length).toBeGreaterThan(0);
  expect(names.filter((name) => !known.has(name))).toEqual([]);
}

describe('the Dockerfile', () => {
  const text = read('Dockerfile');
  const lines = text.split('\n').filter((line) => /^[A-Z]+ /.test(line));
  const instructions = (name: string) => lines.filter((line) => line.startsWith(`${name} `));

  test('is valid', () => {
    expect(validate(text, {}).map(({ message, range }) => [range.start.line + 1, message])).toEqual([]);
  });

  test('runs as nobody in particular, without a shell', () => {
    expect(instructions('FROM').at(-1)).toMatch(/distroless\/nodejs\d+-debian\d+:nonroot$/);
    expect(instructions('USER').at(-1)).toBe('USER 65532:65532');
    for (const name of ['ENTRYPOINT', 'CMD']) expect(instructions(name).at(-1)).toMatch(/^[A-Z]+ \[".+"\]$/);
    expect(text).toMatch(/HEALTHCHECK [^\n]+\\\n +CMD \["\/nodejs\/bin\/node", "[^"]+cli\.js", "health"\]/);
    expect(instructions('ADD')).toEqual([]);
    for (const from of instructions('FROM')) expect(from).toMatch(/:[\w.-]+( AS \w+)?$/);
  });

  test('sets settings, and no secret', () => {
    const [, set = ''] = /^ENV (.+)$/m.exec(text) ?? [];
    const variables = Object.fromEntries(set.split(' ').map((pair) => pair.split('='))) as Record<
      string,
      string
    >;
    expectSettings(Object.keys(variables));
    expect(Object.keys(variables).filter((name) => SECRET_NAMES.includes(name))).toEqual([]);
  });
});

test('the compose file sets settings, drops all rights, and has the secrets in files', () => {
  const { services, secrets } = parse(read('compose.yaml')) as {
    services: Record<
      string,
      { environment: Record<string, string>; secrets?: string[] } & Record<string, unknown>
    >;
    secrets: Record<string, unknown>;
  };
  const { tokenjar } = services;
  expectSettings(Object.keys(tokenjar?.environment ?? {}));
  expect(tokenjar).toMatchObject({
    read_only: true,
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
  });
  for (const { secrets: used = [] } of Object.values(services))
    for (const name of used) expect(Object.keys(secrets)).toContain(name);
  const { SECRET_KEY_FILE, DATABASE_URL_FILE, ...rest } = tokenjar?.environment ?? {};
  expect([SECRET_KEY_FILE, DATABASE_URL_FILE]).toEqual([
    '/run/secrets/secret_key',
    '/run/secrets/database_url',
  ]);
  const filled = {
    ...rest,
    NODE_ENV: 'production',
    SECRET_KEY: 'x'.repeat(40),
    DATABASE_URL: 'postgres://postgres/t',
  };
  expect(readEnvironment(filled).smtpUrl).toBe('smtp://mail:1025');
});

describe('the Kubernetes manifests', () => {
  test('are one object each, with a name, and all in the kustomization', () => {
    for (const path of MANIFESTS) {
      const documents = parseAllDocuments(read(path));
      expect(documents.flatMap(({ errors }) => errors)).toEqual([]);
      expect(documents).toHaveLength(1);
    }
    const { resources = [], configMapGenerator = [] } = manifestOf('kubernetes/kustomization.yaml');
    expect([...resources, 'kustomization.yaml'].map((name) => `kubernetes/${name}`).sort()).toEqual(
      MANIFESTS.sort(),
    );
    expectSettings(
      configMapGenerator.flatMap(({ literals }) => literals.map((pair) => pair.split('=')[0] ?? '')),
    );
    expect(
      resources.map((name) => {
        const { apiVersion, kind, metadata } = manifestOf(`kubernetes/${name}`);
        return [apiVersion, kind, metadata.name];
      }),
    ).toEqual([
      ['batch/v1', 'Job', 'tokenjar-migrate'],
      ['apps/v1', 'Deployment', 'tokenjar'],
      ['v1', 'Service', 'tokenjar'],
      ['policy/v1', 'PodDisruptionBudget', 'tokenjar'],
    ]);
  });

  test.each(['kubernetes/deployment.yaml', 'kubernetes/migrate.yaml'])(
    '%s meets the restricted pod security standard',
    (path) => {
      const { containers, securityContext } = manifestOf(path).spec.template.spec;
      expect(securityContext).toMatchObject({
        runAsNonRoot: true,
        runAsUser: 65532,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      for (const container of containers) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(Object.keys(container.resources)).toEqual(['requests', 'limits']);
        expectSettings(container.env.map(({ name }) => name));
        for (const [name, { httpGet }] of Object.entries(container).filter(([key]) =>
          key.endsWith('Probe'),
        ) as [string, { httpGet: { path: string } }][])
          expect([name, PUBLIC_PATHS]).toEqual([name, expect.arrayContaining([`GET ${httpGet.path}`])]);
      }
    },
  );
});

const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;
(hasSystemd ? test : test.skip)('the systemd unit is valid', () => {
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', join(ROOT, 'deploy/tokenjar.service')], {
    encoding: 'utf8',
  });
  // Where Node lies elsewhere on this machine is no fault of the unit.
  const faults = stderr.split('\n').filter((line) => line !== '' && !/is not executable/.test(line));
  expect([faults, stderr.includes('not executable') ? 0 : status]).toEqual([[], 0]);
});

test('the systemd unit sets settings', () => {
  const names = [...read('tokenjar.service').matchAll(/^Environment=(\w+)=/gm)].map(([, name]) => name ?? '');
  expectSettings(names);
});
