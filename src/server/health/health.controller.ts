import { Header } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { z } from 'zod';
import { Database } from '../../database/database.js';
import { statement } from '../../database/statement.js';
import { Readiness } from '../../housekeeping/readiness.js';
import { TokenjarError } from '../../errors.js';
import { ApiController, FixedOperation } from '../../http/operation.js';

const healthSchema = z.object({ status: z.literal('ok') }).meta({ id: 'Health' });
/** Locks no row, and fails like a write on a read-only database, which closes that connection. */
const PING = statement<[], object>('ping', 'SELECT FROM tokenjar.jobs LIMIT 0 FOR KEY SHARE');

/** Health checks for orchestrators and operators. */
@ApiController()
export class HealthController {
  constructor(
    private readonly db: Database,
    private readonly readiness: Readiness,
  ) {}

  @FixedOperation('live')
  @Header('Cache-Control', 'no-store')
  @ApiResponse({ status: 200, description: 'The process is alive.', standardSchema: healthSchema })
  live() {
    return { status: 'ok' };
  }

  @FixedOperation('ready')
  @Header('Cache-Control', 'no-store')
  @ApiResponse({
    status: 200,
    description:
      'The database responds and accepts writes, and revocations by other instances are known here.',
    standardSchema: healthSchema,
  })
  async ready() {
    try {
      await this.db.run(PING, []);
    } catch (cause) {
      throw new TokenjarError('not_ready', { retryAfter: 2, cause });
    }
    const problems = await this.readiness.problems();
    if (problems.length === 0) return { status: 'ok' };
    throw new TokenjarError('not_ready', {
      retryAfter: 2,
      cause: new Error(`not ready: ${problems.join(', ')}`),
    });
  }
}
