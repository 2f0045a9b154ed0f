import { Controller, Get, Header, UseFilters } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { ProblemFilter } from '../http/problem.filter.js';
import { Public } from '../http/principal.js';
import { KeyRing } from '../tokens/key-ring.js';

const jwksSchema = z
  .object({ keys: z.array(z.record(z.string(), z.unknown())) })
  .meta({ id: 'JwkSet', description: 'RFC 7517 §5. Empty with HS*, whose key is a secret.' });

/** The public keys, with which other services verify access tokens offline. */
@Controller('.well-known')
@ApiTags('keys')
@UseFilters(ProblemFilter)
export class JwksController {
  constructor(private readonly keys: KeyRing) {}

  @Public()
  @Get('jwks.json')
  @Header('Cache-Control', 'public, max-age=300')
  @ApiOperation({ operationId: 'jwks', summary: 'The public keys of the access tokens' })
  @ApiResponse({
    status: 200,
    description: 'The public keys of the access tokens.',
    standardSchema: jwksSchema,
  })
  jwks() {
    return this.keys.toJwks();
  }
}
