import { Module } from '@nestjs/common';
import { Audit } from './audit.js';
import { RefusalRecords } from './refusal-records.js';

/** The audit trail. */
@Module({ providers: [Audit, RefusalRecords], exports: [Audit] })
export class AuditModule {}
