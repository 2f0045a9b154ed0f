import { CopyDiffers } from '../database/table-copy.js';
import { explainFailure } from '../server/startup-error.js';
import { CommandError } from './command-error.js';

/** Explains why a command failed, one line per problem; undefined if the reason is unknown. */
export const explainCommand = (error: unknown): string[] | undefined =>
  error instanceof CommandError || error instanceof CopyDiffers ? [error.message] : explainFailure(error);
