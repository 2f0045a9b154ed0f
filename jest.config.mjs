const shared = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        swcrc: false,
        sourceMaps: 'inline',
        module: { type: 'es6' },
        jsc: {
          target: 'es2022',
          keepClassNames: true,
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
        },
      },
    ],
  },
};

export default {
  testTimeout: 30_000,
  // Two files at a time also where there are two cores: the one often waits for processes that it started.
  maxWorkers: 2,
  // Modules of a test file are never quite let go; a worker that carries two gigabytes spends its time on garbage.
  workerIdleMemoryLimit: '1500MB',
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
