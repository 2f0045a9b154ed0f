import { Controller, Get, Header, UseFilters } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Database } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import { Public } from '../http/principal.js';
import { ProblemFilter } from '../http/problem.filter.js';
import { Refuses, Returns } from '../http/returns.js';

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
  @Returns(200, 'It is.', healthSchema)
  live() {
    return { status: 'ok' };
  }

  @Public()
  @Get('ready')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ operationId: 'ready', summary: 'Can it answer requests' })
  @Returns(200, 'The database answers and its schema is up to date.', healthSchema)
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
