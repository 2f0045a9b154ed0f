import { verifySync } from '@node-rs/argon2';

/** **Unit** KiB for memory. Twice and more what Django, Auth0 and Keycloak use. */
const MOST = { memory: 262_144, passes: 16, lanes: 16 };

/** **Source** PHC string format; RFC 9106 for the versions 0x13 and, before it, 0x10. */
const SHAPE = /^\$argon2(?:id|i|d)(?:\$v=(?:19|16))?\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,3})\$[\w+/]+\$[\w+/]+$/;

/** Argon2 of each kind, as a PHC string. */
export function verifyArgon2(password, stored) {
  const parameters = SHAPE.exec(stored);
  if (!parameters) return undefined;
  const [memory, passes, lanes] = parameters.slice(1).map(Number);
  if (memory > MOST.memory || passes > MOST.passes || lanes > MOST.lanes) return undefined;
  try {
    return verifySync(stored, password);
  } catch {
    // Such as a salt that is too short.
    return undefined;
  }
}
