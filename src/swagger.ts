import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import type { Options } from './config/options.js';
import { VERSION } from './version.js';

/** The OpenAPI document of the server as it is set up. */
export function describeServer(
  app: NestFastifyApplication,
  { cookieName, algorithm }: Options,
): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Tokenjar')
    .setVersion(VERSION)
    .setDescription(
      'Sign-in for browser apps. The access token comes in the body and belongs in a private variable; the refresh token travels only in an HttpOnly cookie, which your browser keeps and sends by itself.',
    )
    .setLicense('MIT', 'https://spdx.org/licenses/MIT.html')
    .addServer('/')
    // Swagger UI offers the first scheme first.
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: `JWT, ${algorithm}` }, 'access')
    .addCookieAuth(
      cookieName,
      { type: 'apiKey', in: 'cookie', description: 'Set by a login; scripts cannot read it.' },
      'refresh',
    )
    .addTag('session', 'Sign in, sign out, see and end sessions')
    .addTag('token', 'Obtain, refresh, verify and blacklist tokens')
    .addTag('account', 'Registration, your account, your password')
    .addTag('keys', 'Public keys for other services')
    .addTag('health', 'For whoever keeps the server running')
    .build();
  return SwaggerModule.createDocument(app, config, { operationIdFactory: (_controller, method) => method });
}

/** Serves Swagger UI and the document, with assets of our own. */
export function serveDocs(app: NestFastifyApplication, options: Options): void {
  SwaggerModule.setup(options.docsPath, app, () => describeServer(app, options), {
    jsonDocumentUrl: '/openapi.json',
    yamlDocumentUrl: '/openapi.yaml',
    customSiteTitle: 'Tokenjar API',
    swaggerOptions: { persistAuthorization: false, displayRequestDuration: true, tryItOutEnabled: true },
  });
}
