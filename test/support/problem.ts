import { expect } from '@jest/globals';
import { ERRORS, type ErrorCode } from '../../src/errors.js';
import type { Answer } from './browser.js';

/** Expects an error in the standard dialect: its code, and the status of that code. */
export function expectProblem({ status, body }: Answer, code: ErrorCode): void {
  expect({ status, code: body?.code }).toEqual({ status: ERRORS[code].status, code });
}
