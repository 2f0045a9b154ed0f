const shared = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  runner: '<rootDir>/test/runner/runner.mjs',
};

export default {
  testTimeout: 30_000,
  // Two files at a time also where there are two cores: the one often waits for processes that it started.
  maxWorkers: 2,
  testSequencer: '<rootDir>/test/runner/sequencer.mjs',
  projects: [
    {
      ...shared,
      displayName: 'postgres',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      globalSetup: '<rootDir>/test/support/start-postgres.mjs',
      globalTeardown: '<rootDir>/test/support/stop-postgres.mjs',
    },
    {
      // The stories once more, on the database that a newcomer starts with.
      ...shared,
      displayName: 'embedded',
      testMatch: ['<rootDir>/test/flows/**/*.test.ts'],
      globalSetup: '<rootDir>/test/support/make-embedded.mjs',
      globalTeardown: '<rootDir>/test/support/remove-embedded.mjs',
      globals: { TEST_DATABASE: 'embedded' },
    },
  ],
};
