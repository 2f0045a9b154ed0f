import type { OpenAPIObject } from '@nestjs/swagger';
import { partsOf, type Route } from '../http/operation-row.js';

/** Describes a route where a host's wire has it, and not where it also is. */
export function moveRoute(document: OpenAPIObject, id: string, to: Route): void {
  const [verb, path] = partsOf(to);
  const paths = document.paths as Record<string, Record<string, { operationId?: string }> | undefined>;
  const place = path.replaceAll(/:(\w+)/g, '{$1}');
  for (const methods of Object.values(paths))
    for (const [method, described] of Object.entries(methods ?? {})) {
      if (described.operationId !== id || paths[place]?.[verb.toLowerCase()] === described) continue;
      delete methods?.[method];
      (paths[place] ??= {})[verb.toLowerCase()] = described;
      return;
    }
}
