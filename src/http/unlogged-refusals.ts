import * as nest from '@nestjs/common';
import { TokenjarError } from '../errors.js';

/**
 * Nest logs every error with its stack that is not of its own kind: one for each anonymous request to a route of a host
 * that has our guard and not our filter. The errors stand below Nest and know nothing of it, so they are told here.
 */
Object.setPrototypeOf(TokenjarError.prototype, nest.IntrinsicException.prototype);
