import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule } from '@nestjs/swagger';
import type { Options } from '../config/options.js';
import { describeServer } from '../openapi/document.js';

/** Serves Swagger UI and the OpenAPI document, without external assets. */
export function serveDocs(app: NestFastifyApplication, options: Options): void {
  SwaggerModule.setup(options.docsPath, app, () => describeServer(app, options), {
    jsonDocumentUrl: '/openapi.json',
    yamlDocumentUrl: '/openapi.yaml',
    customSiteTitle: 'Tokenjar API',
    swaggerOptions: {
      persistAuthorization: false,
      displayRequestDuration: true,
      tryItOutEnabled: true,
      // Otherwise it may send the document to swagger.io for validation.
      validatorUrl: 'none',
    },
  });
}
