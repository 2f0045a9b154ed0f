import { Controller, Get, Header, UseFilters } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Database } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import { Public } from '../http/principal.js';
import { Refuses } from '../http/refuses.js';
import { ProblemFilter } from '../http/problem.filter.js';

const healthSchema = z.object({ status: z.literal('ok') }).meta({ id: 'Health' });
const PING = { name: 'ping', text: 'SELECT 1' };

/** For whoever keeps the server running. */
@Controller('health')
@ApiTags('health')
@UseFilters(ProblemFilter)
export class HealthController {
  constructor(private readonly db: Database) {}

  @Public()
  @Get('live')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ operationId: 'live', summary: 'Is the process alive' })
  @ApiResponse({ status: 200, description: 'It is.', standardSchema: healthSchema })
  live() {
    return { status: 'ok' };
  }

  @Public()
  @Get('ready')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ operationId: 'ready', summary: 'Can it answer requests' })
  @ApiResponse({
    status: 200,
    description: 'The database answers and its schema is up to date.',
    standardSchema: healthSchema,
  })
  @Refuses('not_ready')
  async ready() {
    try {
      await this.db.run(PING, []);
      return { status: 'ok' };
    } catch (cause) {
      throw new TokenjarError('not_ready', { retryAfter: 2, cause });
    }
  }
}
