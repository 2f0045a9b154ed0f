import { Header, Inject } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { z } from 'zod';
import { OPTIONS, type Options } from '../config/options.js';
import { HostGlobals } from '../http/host-globals.js';
import { ApiController, FixedOperation } from '../http/operation.js';
import { partsOf, type Route, under } from '../http/operation-row.js';
import { rowOf } from '../http/operations.js';
import { frontendOf } from '../mail/links.js';

const metadata = z
  .object({
    issuer: z.string(),
    jwks_uri: z.string(),
    response_types_supported: z.array(z.string()),
    introspection_endpoint: z.string().optional(),
    introspection_endpoint_auth_methods_supported: z.array(z.string()).optional(),
    revocation_endpoint: z.string().optional(),
    revocation_endpoint_auth_methods_supported: z.array(z.string()).optional(),
  })
  .meta({
    id: 'AuthorizationServer',
    description: 'RFC 8414 §2. The endpoints for other services are only there with `API_KEYS=on`.',
  });

/** Tells other services where the endpoints are. Nobody is sent here to sign in, so there is no response type. */
@ApiController()
export class MetadataController {
  constructor(
    @Inject(OPTIONS) private readonly options: Options,
    private readonly globals: HostGlobals,
  ) {}

  @FixedOperation('authorizationServer')
  @Header('Cache-Control', 'public, max-age=300')
  @ApiResponse({
    status: 200,
    description: 'Where other services verify and revoke tokens.',
    standardSchema: metadata,
  })
  metadata(): z.infer<typeof metadata> {
    const base = this.base();
    const at = (name: 'introspectToken' | 'revokeToken') =>
      base + partsOf(under(this.options.pathPrefix, rowOf(name).route) as Route)[1];
    return {
      issuer: isUrl(this.options.issuer) ? this.options.issuer : base,
      jwks_uri: this.rootOf(base) + JWKS,
      response_types_supported: [],
      ...(this.options.apiKeys && {
        introspection_endpoint: at('introspectToken'),
        introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'Bearer'],
        revocation_endpoint: at('revokeToken'),
        revocation_endpoint_auth_methods_supported: ['client_secret_basic'],
      }),
    };
  }

  /** Where Tokenjar is. **Shape** without a slash at the end. */
  private base(): string {
    const { publicUrl } = this.options;
    return publicUrl === undefined
      ? new URL(frontendOf(this.options)).origin + this.prefix()
      : publicUrl.replace(/\/$/, '');
  }

  /** Of the app of a host. `PUBLIC_URL` ends in it. */
  private prefix(): string {
    return this.globals.prefixOf(`/${this.options.pathPrefix}`);
  }

  /** A host may have excluded from its prefix what stands at the root. */
  private rootOf(base: string): string {
    const prefix = this.prefix();
    const isExcluded = this.globals.prefixOf(JWKS) === '';
    return isExcluded && base.endsWith(prefix) ? base.slice(0, base.length - prefix.length) : base;
  }
}

const JWKS = '/.well-known/jwks.json';

const isUrl = (text: string): boolean => /^https?:\/\//.test(text) && URL.canParse(text);
