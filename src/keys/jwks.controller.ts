import { Header, Res } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { z } from 'zod';
import { Clock } from '../clock.js';
import { ApiController, FixedOperation } from '../http/operation.js';
import { KeyRing } from '../tokens/key-ring.js';
import { JWKS_MAX_AGE } from './key-states.js';

const jwksSchema = z
  .object({ keys: z.array(z.record(z.string(), z.unknown())) })
  .meta({ id: 'JwkSet', description: 'RFC 7517 §5. Empty with HS*, whose key is a secret.' });

/** What Fastify's reply and Express's response have in common. */
interface HeaderHolder {
  getHeader(name: string): unknown;
  header(name: string, value: string): unknown;
}

const ALLOW_ORIGIN = 'Access-Control-Allow-Origin';

/** Publishes the keys with which other services verify access tokens offline. */
@ApiController()
export class JwksController {
  constructor(
    private readonly keys: KeyRing,
    private readonly clock: Clock,
  ) {}

  @FixedOperation('jwks')
  @Header('Cache-Control', `public, max-age=${JWKS_MAX_AGE}`)
  @ApiResponse({
    status: 200,
    description: 'The public keys of access tokens, with the one that signs next.',
    standardSchema: jwksSchema,
  })
  jwks(@Res({ passthrough: true }) response: HeaderHolder) {
    // Public keys are for everyone. If CORS has already named a trusted origin, keep that, because it may send credentials.
    if (response.getHeader(ALLOW_ORIGIN) === undefined) response.header(ALLOW_ORIGIN, '*');
    return this.keys.toJwks(this.clock.now());
  }
}
