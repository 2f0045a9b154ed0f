import { applyDecorators, UseGuards } from '@nestjs/common';
import { AccessGuard } from './access.guard.js';
import { showsAccess } from './shown-access.js';

/**
 * Opens a route, or all routes of a controller, to requests with an access token; others get 401. It is
 * {@link AccessGuard}, and the security scheme `access` in the host's document for Swagger. With {@link Public} beside it
 * the sign-in is optional.
 */
export const Authenticated = (): ClassDecorator & MethodDecorator =>
  applyDecorators(UseGuards(AccessGuard), showsAccess);
