import { z } from 'zod';

/** The version of the form of the file. A file of another one is refused. */
export const EXPORT_VERSION = 1;

/** PostgreSQL stores neither a NUL nor half a character. */
const text = z.string().refine((value) => !/[\0\p{Cs}]/u.test(value));
const bytes = z.string().regex(/^(?:[0-9a-f]{2})*$/);
/** PostgreSQL has no year 0. */
const moment = z.iso.datetime().refine((value) => !value.startsWith('0000'));
const count = z.int().min(0);
const integer = count.max(2 ** 31 - 1);
const id = z.int().min(1);

/** The first line. It has no date, so that two exports of the same accounts are equal. */
export const HEADER = z.object({
  format: z.literal('tokenjar-export'),
  version: z.int(),
  with_sessions: z.boolean(),
  /** Tells whether sessions were opened with a key, and nothing else of it. */
  key: text,
  /** The highest ID that was given: those of deleted users are given to nobody else. */
  last_id: count,
});

/** The last line, without which a file has been cut. */
export const END = z.object({ end: z.literal(true), users: count });

export const ROLE = z.object({
  name: text,
  permissions: z.array(text),
  description: text.nullable(),
});
export type ExportedRole = z.infer<typeof ROLE>;

/** What is refused although it has not expired, of one session or key, or of a user who is gone. */
export const REFUSAL = z.object({
  session_id: z.guid().nullable(),
  user_id: id.nullable(),
  began_until: moment.nullable(),
  except_session_id: z.guid().nullable(),
  claims_epoch: count.nullable(),
  reason: text,
  created_at: moment,
  expires_at: moment,
});
export type ExportedRefusal = z.infer<typeof REFUSAL>;
const OF_USER = REFUSAL.omit({ user_id: true, session_id: true }).refine(
  ({ began_until: began, claims_epoch: epoch }) => began !== null || epoch !== null,
);

const FACTOR = {
  id: z.guid(),
  name: text.nullable(),
  created_at: moment,
  last_used_at: moment.nullable(),
};

/** Of what only goes on with the same `SECRET_KEY` and ID. */
const OF_SESSIONS = {
  impersonated_until: moment.nullable(),
  sessions: z.array(
    z.object({
      id: z.guid(),
      lookup_id: z.guid(),
      generation: integer,
      parent_generation: integer,
      rotated_at: moment,
      created_at: moment,
      last_used_at: moment,
      idle_expires_at: moment,
      remember: z.boolean(),
      absolute_expires_at: moment,
      user_agent: text.nullable(),
      ip: z.union([z.ipv4(), z.ipv6()]).nullable(),
      cookie_protection: z.int().min(0).max(2),
      auth_methods: z.array(text),
      scope: text.nullable(),
      authenticated_at: moment.nullable(),
      // Absent in exports of earlier releases.
      bound_jwk: text.nullable().optional(),
      bound_at: moment.nullable().optional(),
    }),
  ),
  devices: z.array(
    z.object({
      id: z.guid(),
      digest: bytes,
      name: text.nullable(),
      credentials_epoch: integer,
      factors_epoch: integer,
      created_at: moment,
      expires_at: moment,
    }),
  ),
  refusals: z.array(OF_USER),
};

/** A user, with all that is theirs. Bytes are hexadecimal, but for the secret of an authenticator app. */
export const USER = z.object({
  id,
  public_id: z.guid(),
  email: text.nullable(),
  email_verified: z.boolean(),
  username: text.nullable(),
  username_is_exact: z.boolean(),
  password_hash: text.nullable(),
  is_active: z.boolean(),
  roles: z.array(text),
  locale: text.nullable(),
  /** The fields of a host's own; files of earlier versions have none. */
  profile: z.record(z.string(), z.json()).nullable().default(null),
  created_at: moment,
  last_login_at: moment.nullable(),
  credentials_epoch: integer,
  factors_epoch: integer,
  claims_epoch: count,
  has_unproven_factors: z.boolean(),
  /** **Shape** Base32. */
  totp: z.object({ ...FACTOR, secret: text, last_step: count }).nullable(),
  passkey_handle: bytes.nullable(),
  passkeys: z.array(
    z.object({
      ...FACTOR,
      credential_id: bytes,
      public_key: bytes,
      counter: count,
      transports: z.array(text),
      aaguid: z.guid(),
      is_backup_eligible: z.boolean(),
      is_backed_up: z.boolean(),
      is_discoverable: z.boolean().nullable(),
    }),
  ),
  /** Digests, which are of the ID of the user too. */
  recovery_codes: z.array(bytes),
  identities: z.array(
    z.object({
      id: z.guid(),
      provider: text,
      issuer: text,
      subject: text,
      email: text.nullable(),
      name: text.nullable(),
      is_unproven: z.boolean(),
      revoked_at: moment.nullable(),
      created_at: moment,
      last_used_at: moment.nullable(),
    }),
  ),
  api_keys: z.array(
    z.object({
      id: z.guid(),
      name: text,
      digest: bytes,
      scopes: z.array(text),
      created_at: moment,
      expires_at: moment,
      last_used_at: moment.nullable(),
      reminded_at: moment.nullable(),
    }),
  ),
  ...z.object(OF_SESSIONS).partial().shape,
});
export type ExportedUser = z.infer<typeof USER>;
