import { createHmac, randomBytes } from 'node:crypto';

const PREFIX = 'whsec_';
/** **Unit** bytes. **Source** Standard Webhooks 1.0.0, "Signature scheme": 24 to 64. */
const SECRET_BYTES = 32;

/** A secret for an endpoint. **Shape** 32 random bytes. */
export const newSecret = (): Buffer => randomBytes(SECRET_BYTES);

/** As its receiver gets it. **Shape** `whsec_` and base64. */
export const secretText = (secret: Buffer): string => PREFIX + secret.toString('base64');

/**
 * The headers that sign a message.
 *
 * **Source** Standard Webhooks 1.0.0, "Webhook headers" and "Signature scheme".
 *
 * @param id the same at every attempt. @param sentAt of this attempt.
 */
export function signedHeaders(
  secret: Buffer,
  id: string,
  sentAt: Date,
  body: string,
): Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string> {
  const timestamp = String(Math.floor(sentAt.getTime() / 1000));
  const signature = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}
