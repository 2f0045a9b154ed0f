import { ARRIVALS } from './arrivals.js';
import type { Breakage } from './breakage.js';
import { DEVICES } from './devices.js';
import { FACTORS } from './factors.js';
import { HOOKS } from './hooks.js';
import { LIMITS } from './limits.js';
import { OPERATION } from './operation.js';
import { PASSWORDS } from './passwords.js';
import { SESSIONS } from './sessions.js';
import { TOKENS } from './tokens.js';

/** Neighbours are broken in different weeks. */
export const BREAKAGES: readonly Breakage[] = [
  ...TOKENS,
  ...SESSIONS,
  ...DEVICES,
  ...LIMITS,
  ...PASSWORDS,
  ...FACTORS,
  ...OPERATION,
  ...ARRIVALS,
  ...HOOKS,
];
