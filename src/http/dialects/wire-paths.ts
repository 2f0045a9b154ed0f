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

/** What a path would take away from a route of ours, or from another one of the wire. @param own with their prefixes. */
export function collisions(froms: readonly Route[], own: readonly string[]): string[] {
  return froms.flatMap((from, i) => {
    const taken = own.find((each) => covers(from, each));
    const other = froms.slice(0, i).find((each) => covers(from, each) && covers(each, from));
    return taken === undefined && other === undefined
      ? []
      : [`wire: ${from} is ${taken ?? other ?? ''} already; choose another path`];
  });
}

/** Whether all requests to one are to the other too. Express looks at neither case nor a slash at the end. */
function covers(from: string, to: string): boolean {
  const [parts, others] = [from, to].map((each) => each.toLowerCase().replace(/\/$/, '').split(/[ /]+/));
  if (!parts || !others || parts.length !== others.length) return false;
  return parts.every((part, i) => part === others[i] || part.startsWith(':'));
}
