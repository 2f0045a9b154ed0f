import { Module } from '@nestjs/common';
import { SECRET_KEY } from '../config/injection-tokens.js';
import { deriveKey } from '../crypto/derive.js';
import { LIMIT_KEY, Limits } from './limits.js';
import { LimitsPurge } from './limits-purge.js';
import { RefreshFailures } from './refresh-failures.js';

/** Rate limits. */
@Module({
  providers: [
    Limits,
    LimitsPurge,
    RefreshFailures,
    {
      provide: LIMIT_KEY,
      inject: [SECRET_KEY],
      useFactory: (secretKey: string) => deriveKey(secretKey, 'limit'),
    },
  ],
  exports: [Limits, RefreshFailures],
})
export class LimitsModule {}
