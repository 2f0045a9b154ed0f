import { auth0 } from './auth0.js';
import { betterAuth } from './better-auth.js';
import { csv } from './csv.js';
import { firebase } from './firebase.js';
import { keycloak } from './keycloak.js';
import { supabase } from './supabase.js';
import type { System } from './system.js';
import { tokenjar } from './tokenjar.js';
import { wordpress } from './wordpress.js';

/** By the name that `--from` takes. */
export const SYSTEMS = {
  auth0,
  firebase,
  keycloak,
  supabase,
  wordpress,
  'better-auth': betterAuth,
  csv,
  tokenjar,
} as const satisfies Record<string, System>;

export type SystemName = keyof typeof SYSTEMS;
