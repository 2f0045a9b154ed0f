import type { Options } from '../../config/options.js';
import type { ProfileSchema } from '../../hooks/profile.js';
import type { Dialect } from './dialect.js';
import { DIALECTS } from './dialects.js';
import { type Wire, wired } from './wire.js';
import { withProfile } from './with-profile.js';

/** The dialect of the setting, with what a host has made of it. @throws {SettingsError} */
export function dialectOf(settings: Options, wire?: Wire, profile?: ProfileSchema): Dialect {
  const base = DIALECTS[settings.dialect];
  const dialect = wire ? wired(base, wire) : base;
  return profile ? withProfile(dialect, profile, settings) : dialect;
}
