import { explainFailure } from '../server/startup-error.js';
import { CommandError } from './command-error.js';

/** Says why a command failed, one line a problem; undefined where that cannot be told. */
export const explainCommand = (error: unknown): string[] | undefined =>
  error instanceof CommandError ? [error.message] : explainFailure(error);
