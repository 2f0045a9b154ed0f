import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Controller, Get, type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { ApiOkResponse, ApiOperation, ApiProperty, DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import {
  Authenticated,
  describeTokenjar,
  RequireRole,
  RequireScope,
  TokenjarModule,
} from '../../src/index.js';
import { SECRET_KEY } from '../support/app.js';
import { createDatabase, type TestDatabase } from '../support/database.js';

/** Has the name of a schema of ours. */
class User {
  @ApiProperty()
  badge!: string;
}

@Controller('staff')
class StaffController {
  // Also the name of an operation of ours.
  @Get()
  @ApiOperation({ operationId: 'login' })
  @ApiOkResponse({ type: User })
  @Authenticated()
  get() {
    return {};
  }

  @Get('of/clerks')
  @RequireRole('clerk')
  @RequireScope('staff:read')
  ofClerks() {
    return {};
  }

  @Get('open')
  open() {
    return {};
  }
}

interface Described {
  requestBody?: { content: Record<string, { schema: object }> };
  responses: Record<string, object>;
  security?: Record<string, unknown>[];
}

const adapters = { fastify: () => new FastifyAdapter(), express: () => new ExpressAdapter() };

describe.each(['fastify', 'express'] as const)('the document of a host on %s', (platform) => {
  let database: TestDatabase;
  let app: INestApplication;
  let document: ReturnType<typeof describeTokenjar>;
  const at = (method: string, path: string) =>
    (document.paths as Record<string, Record<string, Described> | undefined>)[path]?.[method];
  beforeAll(async () => {
    database = await createDatabase();
    @Module({
      imports: [TokenjarModule.forRoot({ ...database.settings, secretKey: SECRET_KEY })],
      controllers: [StaffController],
    })
    class HostModule {}
    app = await NestFactory.create(HostModule, adapters[platform]() as FastifyAdapter, {
      logger: false,
      abortOnError: false,
    });
    app.setGlobalPrefix('api');
    const config = new DocumentBuilder().setOpenAPIVersion('3.1.0').setTitle('A host').build();
    document = describeTokenjar(app, SwaggerModule.createDocument(app, config));
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  test('has the bodies, the answers and the errors of our routes', () => {
    const login = at('post', '/api/auth/login');
    expect(Object.keys(login?.requestBody?.content ?? {})).toContain('application/json');
    expect(Object.keys(login?.responses ?? {})).toEqual(expect.arrayContaining(['200', '400', '401', '429']));
    expect(at('get', '/api/auth/sessions')?.security).toEqual([{ access: [] }]);
    expect(at('delete', '/api/auth/sessions/{id}')?.responses).toHaveProperty('404');
    expect(at('get', '/api/.well-known/jwks.json')?.security).toEqual([]);
  });

  test('names only what it has', () => {
    const text = JSON.stringify(document);
    const components = document.components as Record<string, Record<string, object>>;
    const missing = [...text.matchAll(/"#\/components\/(\w+)\/([^"]+)"/g)].filter(
      ([, kind = '', name = '']) => !components[kind]?.[name],
    );
    expect(missing.map(([ref]) => ref)).toEqual([]);
    const schemes = Object.values(document.paths as Record<string, Record<string, Described>>)
      .flatMap((methods) => Object.values(methods))
      .flatMap(({ security = [] }) => security.flatMap((each) => Object.keys(each)));
    expect(Object.keys(components.securitySchemes ?? {})).toEqual(
      expect.arrayContaining([...new Set(schemes)]),
    );
    expect(schemes).toContain('access');
  });

  test('says once which routes of the host require an access token', () => {
    expect(at('get', '/api/staff/of/clerks')?.security).toEqual([{ access: [] }]);
    expect(at('get', '/api/staff/open')?.security).toBeUndefined();
  });

  test('leaves the routes and schemas of the host as they are', () => {
    expect(at('get', '/api/staff')).toMatchObject({
      operationId: 'login',
      security: [{ access: [] }],
      responses: {
        200: { content: { 'application/json': { schema: { $ref: '#/components/schemas/User' } } } },
      },
    });
    const { schemas } = document.components as Record<string, Record<string, object>>;
    expect(schemas?.User).toMatchObject({ properties: { badge: { type: 'string' } } });
    expect(schemas).toHaveProperty('TokenjarUser');
    expect(document.info.title).toBe('A host');
  });
});
