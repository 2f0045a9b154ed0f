import { partsOf, type Route } from '../operation-row.js';
import { ROUTES } from '../operations.js';
import { type Dialect, has, type WireRoute } from './dialect.js';

/** The paths of a wire; what is wrong with them is added to `problems`. */
export function routesOfWire(
  paths: Readonly<Record<string, Route>>,
  dialect: Dialect,
  problems: string[],
): WireRoute[] {
  return Object.entries(paths).flatMap(([id, from]): WireRoute[] => {
    const found = ROUTES.find((each) => each.id === id);
    const flaw = found && has(dialect, found) ? flawOf(from, found.route) : 'is no route of this wire';
    if (flaw !== undefined) problems.push(`wire: ${id} ${flaw}`);
    return found && flaw === undefined ? [{ id, from, to: found.route }] : [];
  });
}

/** A page of another site can make a browser send a GET, so only what is one may become one. */
function flawOf(from: Route, to: Route): string | undefined {
  const [verb, path] = partsOf(from);
  const [ownVerb, ownPath] = partsOf(to);
  if (!/^(\/(:?[\w.~-]+))+$/.test(path)) return `has no path in ${from}`;
  if (!['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].includes(verb)) return `has no method in ${from}`;
  if ((verb === 'GET') !== (ownVerb === 'GET')) return `is ${ownVerb}, and cannot be ${verb}`;
  const [own, ours] = [parametersOf(path), parametersOf(ownPath)];
  return own.join() === ours.join() ? undefined : `needs the parameters ${ours.join(', ') || 'none'}`;
}

const parametersOf = (path: string): string[] => [...path.matchAll(/:\w+/g)].map(String).sort();

/** Where a request goes. @param url as it came, with its query. @param target the path of ours, with parameters. */
export function redirected(url: string, pattern: string, target: string): string {
  const [path = '', ...query] = url.split('?');
  const values = path.split('/');
  const places = pattern.split('/');
  const filled = target
    .split('/')
    .map((part) => (part.startsWith(':') ? (values[places.indexOf(part)] ?? '') : part))
    .join('/');
  return [filled, ...query].join('?');
}
