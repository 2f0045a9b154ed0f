import { expect } from '@jest/globals';
import { ERRORS, type ErrorCode } from '../../src/errors.js';
import type { Answer } from './browser.js';

/** Expects a refusal in the standard dialect: the code, and the status that it has. */
export function expectProblem({ status, body }: Answer, code: ErrorCode): void {
  expect({ status, code: body?.code }).toEqual({ status: ERRORS[code].status, code });
}
