import { Header, Inject } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { z } from 'zod';
import { OPTIONS, type Options } from '../config/options.js';
import { ApiController, FixedOperation } from '../http/operation.js';
import { frontendOf } from '../mail/links.js';
import { type OptionalParty, RELYING_PARTY } from './relying-party.js';

const relatedOrigins = z.object({ origins: z.array(z.string()) }).meta({
  id: 'RelatedOrigins',
  description: 'Web Authentication Level 3 §5.11. Empty unless `PASSKEY_ORIGINS` is set.',
});
const passkeyEndpoints = z.object({ enroll: z.string(), manage: z.string() }).meta({
  id: 'PasskeyEndpoints',
  description: 'W3C, A Well-Known URL for Passkey Endpoints: where passkeys are added and managed.',
});

/** What browsers and password managers look for. Pages of other origins may read it: it is the same for everybody. */
@ApiController()
export class WellKnownPasskeysController {
  constructor(
    @Inject(RELYING_PARTY) private readonly party: OptionalParty,
    @Inject(OPTIONS) private readonly options: Options,
  ) {}

  @FixedOperation('relatedOrigins')
  @Header('Cache-Control', 'public, max-age=300')
  @ApiResponse({
    status: 200,
    description: 'Pages of other domains that can use the passkeys.',
    standardSchema: relatedOrigins,
  })
  related(): z.infer<typeof relatedOrigins> {
    return { origins: [...(this.party?.relatedOrigins ?? [])] };
  }

  @FixedOperation('passkeyEndpoints')
  @Header('Cache-Control', 'public, max-age=300')
  @ApiResponse({
    status: 200,
    description: 'Where people add and manage their passkeys.',
    standardSchema: passkeyEndpoints,
  })
  endpoints(): z.infer<typeof passkeyEndpoints> {
    const page = `${frontendOf(this.options)}/`;
    return { enroll: page, manage: page };
  }
}
