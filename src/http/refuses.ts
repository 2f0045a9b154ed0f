import type { ErrorCode } from '../errors.js';

const REFUSES = 'tokenjar.refuses';

/** Lists codes that a handler, or every handler of a controller, may refuse with, for the document. It may be repeated. */
export const Refuses =
  (...codes: ErrorCode[]): MethodDecorator & ClassDecorator =>
  (target: object, _key?: string | symbol, descriptor?: PropertyDescriptor) => {
    const owner = (descriptor?.value as object | undefined) ?? target;
    Reflect.defineMetadata(REFUSES, [...listed(owner), ...codes], owner);
  };

/** Every code that a handler may refuse with, those of its controller first. */
export const refusalsOf = (at: { controller: object; handler: object }): ErrorCode[] => [
  ...new Set([...listed(at.controller), ...listed(at.handler)]),
];

const listed = (owner: object): ErrorCode[] => (Reflect.getMetadata(REFUSES, owner) ?? []) as ErrorCode[];
