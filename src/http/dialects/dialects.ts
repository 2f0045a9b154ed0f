import type { Options } from '../../config/options.js';
import { type OperationName, rowOf } from '../operations.js';
import type { Dialect } from './dialect.js';
import { django } from './django.js';
import { djangoLegacy } from './django-legacy.js';
import { envelope } from './envelope.js';
import { standard } from './standard.js';

/** All dialects, by their name in `DIALECT`. */
export const DIALECTS: Readonly<Record<Options['dialect'], Dialect>> = {
  standard,
  django,
  'django-legacy': djangoLegacy,
  envelope,
};

/**
 * The dialect in which an operation is answered. Only our own clients know those of administrators, and RFCs define those
 * of other services, so these have one.
 */
export const wordsOf = (operation: OperationName | undefined, dialect: Dialect): Dialect =>
  operation !== undefined && ['admin', 'service'].includes(rowOf(operation).access) ? standard : dialect;
