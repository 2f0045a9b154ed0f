import { z } from 'zod';

/** **Shape** base64url without padding, as browsers write it. **Unit** characters for `most`. */
const bytes = (most: number) =>
  z
    .string()
    .max(most)
    .regex(/^[\w-]+$/);

/** 1023 bytes at most. **Source** Web Authentication Level 3 §4, credential ID. */
const credentialId = bytes(1364);

/** What authenticators call their connections; unknown ones are kept, for they are handed back as they came. */
const transports = z.array(z.string().regex(/^[a-z-]{1,32}$/)).max(10);

const about = { id: credentialId, rawId: credentialId, type: z.literal('public-key') };

/** What `navigator.credentials.create()` gives, as far as we read it. **Source** Web Authentication Level 3 §5.1.8. */
export const newCredential = z.object({
  ...about,
  response: z.object({
    clientDataJSON: bytes(4096),
    attestationObject: bytes(40_000),
    transports: transports.optional().catch(undefined),
  }),
  clientExtensionResults: z
    .object({ credProps: z.object({ rk: z.boolean().optional() }).optional() })
    .catch({}),
});

/** What `navigator.credentials.get()` gives, as far as we read it. */
export const assertedCredential = z.object({
  ...about,
  response: z.object({
    clientDataJSON: bytes(4096),
    authenticatorData: bytes(4096),
    signature: bytes(8192),
    // Some authenticators that have none send it empty.
    userHandle: z
      .string()
      .max(128)
      .regex(/^[\w-]*$/)
      .nullish()
      .transform((handle) => handle || undefined),
  }),
  clientExtensionResults: z.object({}).catch({}),
});

/** What a client collected about the ceremony. More may stand in it. **Source** §5.8.1. */
export const collectedClientData = z.object({
  challenge: z.string(),
  origin: z.string(),
  crossOrigin: z.boolean().optional(),
  topOrigin: z.unknown().optional(),
});
