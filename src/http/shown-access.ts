import { ApiBearerAuth } from '@nestjs/swagger';

const SHOWN = 'tokenjar.shownAccess';

/** Says in the document of a host that a route requires an access token, once however many decorators do. */
export const showsAccess: ClassDecorator & MethodDecorator = (
  target: object,
  key?: string | symbol,
  descriptor?: PropertyDescriptor,
): void => {
  const place = (descriptor?.value as object | undefined) ?? target;
  if (Reflect.hasOwnMetadata(SHOWN, place)) return;
  Reflect.defineMetadata(SHOWN, true, place);
  const show = ApiBearerAuth('access');
  if (key !== undefined && descriptor) show(target, key, descriptor);
  else show(target as new () => object);
};
