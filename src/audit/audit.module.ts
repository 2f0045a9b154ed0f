import { Module } from '@nestjs/common';
import { Audit } from './audit.js';

/** The record of what happened. */
@Module({ providers: [Audit], exports: [Audit] })
export class AuditModule {}
