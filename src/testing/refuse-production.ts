import { isProductionProcess } from '../config/env.js';

/** @throws {Error} in a process of production. */
export function refuseProduction(): void {
  if (isProductionProcess()) throw new Error('tokenjar/testing is not for production');
}

// So that an import that was forgotten in an app stops it.
refuseProduction();
