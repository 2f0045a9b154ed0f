import { Module } from '@nestjs/common';
import { TokenjarError } from '../errors.js';
import type { WebhookFacts } from '../http/webhook-payloads.js';
import { RefusedUrl } from '../webhooks/webhook-url.js';
import { Webhooks } from '../webhooks/webhooks.js';
import { CommandError } from './command-error.js';

@Module({ providers: [Webhooks] })
export class WebhookRecordsModule {}

/** How many are read at once. */
export const PAGE = 100;

export function idOf(text: string): string {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text))
    throw new CommandError(`${text}: is not an ID`);
  return text;
}

/** What the API refuses, in the words of a command. */
export async function refusing<Result>(what: string, act: () => Promise<Result>): Promise<Result> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof TokenjarError)) throw error;
    const why = error.cause instanceof RefusedUrl ? error.cause.message : error.message;
    throw new CommandError(`${what}: ${why}`);
  }
}

export const jsonOf = ({ id, url, events, createdAt, disabledAt }: WebhookFacts) => ({
  id,
  url,
  events,
  created_at: createdAt.toISOString(),
  disabled_at: disabledAt?.toISOString() ?? null,
});
