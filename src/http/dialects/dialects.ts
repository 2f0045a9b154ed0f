import type { Options } from '../../config/options.js';
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
