import type { ExecutionContext, Type } from '@nestjs/common';

type Handler = ReturnType<ExecutionContext['getHandler']>;

/**
 * What decorators say of a route, read once: each look at metadata walks those of the handler and of the class.
 *
 * By class and handler, since two classes may share a handler.
 */
export class PerRoute<Said> {
  private readonly known = new WeakMap<object, WeakMap<object, Said>>();

  constructor(private readonly read: (controller: Type, handler: Handler) => Said) {}

  of(context: ExecutionContext): Said {
    const [controller, handler] = [context.getClass(), context.getHandler()];
    let routes = this.known.get(controller);
    if (!routes) this.known.set(controller, (routes = new WeakMap<object, Said>()));
    const known = routes.get(handler);
    if (known !== undefined) return known;
    const said = this.read(controller, handler);
    routes.set(handler, said);
    return said;
  }
}
