import type { FactorFacts } from '../http/payloads.js';

export const FACTOR: FactorFacts = {
  id: '019b7936-8a00-7000-8000-0123456789ab',
  type: 'totp',
  name: 'My phone',
  createdAt: new Date('2026-01-01T12:00:00.000Z'),
  lastUsedAt: new Date('2026-01-01T12:00:00.000Z'),
};
export const RECOVERY_CODES = ['4k7x2m-9qpr3t-vw80cd-hj5ney'];
export const TOTP_SETUP = {
  secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
  setupId: 'q3mJ0wq1Zk6o2c0b6m2y9A',
  uri: 'otpauth://totp/example.com:ada%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=example.com&algorithm=SHA1&digits=6&period=30',
};
