import { ApiBearerAuth } from '@nestjs/swagger';
import { closes } from './principal.js';

const SHOWN = 'tokenjar.shownAccess';

/**
 * For a route of a host that requires an access token, however many decorators say so: its document shows it, and a
 * controller that is `@Public()` does not open it.
 */
export const showsAccess: ClassDecorator & MethodDecorator = (
  target: object,
  key?: string | symbol,
  descriptor?: PropertyDescriptor,
): void => {
  const place = (descriptor?.value as object | undefined) ?? target;
  if (Reflect.hasOwnMetadata(SHOWN, place)) return;
  Reflect.defineMetadata(SHOWN, true, place);
  if (descriptor) closes(place);
  const show = ApiBearerAuth('access');
  if (key !== undefined && descriptor) show(target, key, descriptor);
  else show(target as new () => object);
};
