import { LONG_ONLY } from './test/runner/long-only.mjs';

const shared = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  runner: '<rootDir>/test/runner/runner.mjs',
};

/**
 * It is PostgreSQL with one connection: what waits for another connection, locks or notifies may differ, and each SQL
 * statement has to run on it once (`test/support/remove-embedded.mjs` looks).
 */
const EMBEDDED = [
  // Nearly all statements, by the shortest way.
  'openapi/every-operation',
  'flows/a-second-factor',
  'flows/login-codes',
  'flows/emails',
  'flows/delayed-mails',
  'flows/devices-are-forgotten',
  'flows/device-bound-sessions',
  'flows/password-change',
  'flows/registration-and-account',
  'flows/guessing-passwords',
  'flows/refusals-are-recorded',
  'flows/signing-in-again',
  'users/sessions/shared-advances',
  'flows/factors-of-unproven-accounts',
  'flows/signing-in-with-a-provider',
  'flows/signing-in-with-apple',
  'flows/roles',
  'flows/invitations',
  'flows/resource-servers',
  'admin/users',
  'flows/api-keys',
  'mail/sending',
  'metrics/metrics',
  'housekeeping/purge',
  // Transactions, and requests at once.
  'flows/a-thief-is-caught',
  'flows/pressed-twice',
  'flows/two-tabs-and-lost-answers',
  'flows/session-limit',
  'flows/the-secret-key-changes',
  'flows/sign-in-refresh-and-sign-out',
  'flows/delete-account',
  'audit/audit-chain',
  'embed/hooks',
  'flows/webhooks',
  'flows/usernames',
  'flows/user-ids',
  'flows/keys-rotate',
  'django/live-sessions',
  'django/import',
  'transfer/import-file',
];

export default {
  testTimeout: 60_000,
  // Two files at a time also where there are two cores: the one often waits for processes that it started.
  maxWorkers: 2,
  testSequencer: '<rootDir>/test/runner/sequencer.mjs',
  projects: [
    {
      ...shared,
      displayName: 'postgres',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: [
        '/node_modules/',
        ...(process.env.TEST_LONG === '1' ? [] : LONG_ONLY.map((name) => `/test/${name}\\.test\\.ts$`)),
      ],
      globalSetup: '<rootDir>/test/support/start-postgres.mjs',
      globalTeardown: '<rootDir>/test/support/stop-postgres.mjs',
    },
    {
      // Some of them once more, on the database that a newcomer starts with.
      ...shared,
      displayName: 'embedded',
      testMatch: EMBEDDED.map((name) => `<rootDir>/test/${name}.test.ts`),
      globalSetup: '<rootDir>/test/support/make-embedded.mjs',
      globalTeardown: '<rootDir>/test/support/remove-embedded.mjs',
      globals: { TEST_DATABASE: 'embedded' },
    },
  ],
};
