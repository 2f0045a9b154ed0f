import { Module } from '@nestjs/common';
import { Audit } from './audit.js';
import { RefusalRecords } from './refusal-records.js';

/** The record of what happened. */
@Module({ providers: [Audit, RefusalRecords], exports: [Audit] })
export class AuditModule {}
