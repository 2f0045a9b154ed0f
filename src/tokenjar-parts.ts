import type { Clock } from './clock.js';
import type { HashParameters } from './crypto/password.js';
import type { Hooks } from './hooks/hooks.js';
import type { ProfileFields } from './hooks/profile.js';
import type { EmailTexts } from './mail/host-texts.js';
import type { Wire } from './http/dialects/wire.js';
import type { Mailer } from './mail/mailer.js';
import type { Metrics } from './measures.js';
import type { Egress } from './providers/provider-requests.js';

/** Code that a host can supply. */
export interface TokenjarParts extends Hooks {
  /** Sends emails, instead of `SMTP_URL` or `MAIL_DIR`. */
  mailer?: Mailer;
  /** Writes emails in words of its own. */
  emails?: EmailTexts;
  /** Fields of users that the host adds. **Shape** a schema of an object, of zod or another library. */
  profile?: ProfileFields;
  /** Paths, bodies and errors of its own, over those of the setting `DIALECT`. */
  wire?: Wire;
  /** Sends requests to providers, such as through a proxy. **Shape** like the global `fetch`. */
  fetch?: Egress;
  /** Gets what is measured; nothing is without it. */
  metrics?: Metrics;
  /** Replaces the clock, for tests. */
  clock?: Clock;
  /** Replaces what new password hashes cost, for tests that make many users. Refused in production if it is less. */
  passwordHash?: HashParameters;
}
