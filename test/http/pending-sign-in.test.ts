import { inspect } from 'node:util';
import { expect, test } from '@jest/globals';
import { refusalOf } from '../../src/http/pending-sign-in.js';

test('the secret of a login is in no report of its refusal', () => {
  const secret = 'q3mJ0wq1Zk6o2c0b6m2y9A';
  const needs = 'second_factor_required';
  const error = refusalOf({ needs, methods: ['totp'], expiresIn: 300, loginToken: secret });
  expect(error.pending?.loginToken).toBe(secret);
  const reports = [inspect(error, { depth: null }), JSON.stringify(error), JSON.stringify({ ...error })];
  expect(reports.join()).not.toContain(secret);
});
