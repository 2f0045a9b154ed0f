import type { INestApplicationContext } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import { OPTIONS, type Options } from '../config/options.js';
import { HostGlobals } from '../http/host-globals.js';
import { FIXED_OPERATIONS, ROUTES } from '../http/operations.js';
import { partsOf, type Route } from '../http/operation-row.js';
import { completed } from './document.js';

/** Before the names of our schemas, responses and headers: a host has a `User` of its own. */
const PREFIX = 'Tokenjar';

type Components = Record<string, Record<string, object> | undefined>;

/**
 * Completes the OpenAPI document of a host, as `SwaggerModule.createDocument()` made it: our routes get their bodies,
 * responses and errors, and what `@Authenticated()` and our routes demand is among its security schemes.
 *
 * @returns the same document.
 */
export function describeTokenjar(app: INestApplicationContext, document: OpenAPIObject): OpenAPIObject {
  const options = app.get<Options>(OPTIONS, { strict: false });
  const globals = app.get(HostGlobals, { strict: false });
  const known = new Set([
    ...ROUTES.map(({ route }) => placeOf(route, globals, `/${options.pathPrefix}`.replace(/\/$/, ''))),
    ...Object.values(FIXED_OPERATIONS).map(({ route }) => placeOf(route, globals)),
  ]);
  const paths: Record<string, Record<string, object>> = {};
  for (const [path, methods] of Object.entries(document.paths as typeof paths))
    for (const [method, described] of Object.entries(methods)) {
      if (!known.has(`${method} ${path}`)) continue;
      (paths[path] ??= {})[method] = described;
      delete methods[method];
    }
  const own = completed({ ...document, paths, components: {} }, app, options);
  const components = (document.components ??= {}) as Components;
  const renamed = renaming(own.components as Components);
  for (const [kind, named] of Object.entries(own.components as Components))
    components[kind] = { ...components[kind], ...renamed(kind, named) };
  for (const [path, methods] of Object.entries(own.paths))
    document.paths[path] = { ...document.paths[path], ...withNames(methods, own.components as Components) };
  for (const [path, methods] of Object.entries(document.paths))
    if (Object.keys(methods).length === 0) delete document.paths[path];
  return document;
}

/** Where a route is in the document of a host. **Shape** `get /api/auth/sessions/{id}`. */
function placeOf(route: Route, globals: HostGlobals, below = ''): string {
  const [verb, rest] = partsOf(route);
  const path = `${below}${rest}`;
  return `${verb.toLowerCase()} ${globals.prefixOf(path)}${path.replaceAll(/:(\w+)/g, '{$1}')}`;
}

/** Gives what is ours its names in a document of a host. Security schemes keep theirs, which decorators have. */
const renaming = (own: Components) => (kind: string, named: Record<string, object> | undefined) =>
  Object.fromEntries(
    Object.entries(named ?? {}).map(([name, value]) => [
      kind === 'securitySchemes' ? name : PREFIX + name,
      withNames(value, own),
    ]),
  );

function withNames<Value>(value: Value, own: Components): Value {
  const text = JSON.stringify(value).replaceAll(
    /"#\/components\/(\w+)\/([\w.-]+)"/g,
    (all, kind: string, name: string) =>
      own[kind]?.[name] ? `"#/components/${kind}/${PREFIX}${name}"` : all,
  );
  return JSON.parse(text) as Value;
}
