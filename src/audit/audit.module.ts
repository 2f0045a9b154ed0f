import { Module } from '@nestjs/common';
import { Audit } from './audit.js';
import { AuditPurge } from './audit-purge.js';
import { RefusalRecords } from './refusal-records.js';

/** The audit trail. */
@Module({ providers: [Audit, AuditPurge, RefusalRecords], exports: [Audit] })
export class AuditModule {}
