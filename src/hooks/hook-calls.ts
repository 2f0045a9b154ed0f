import { Logger } from '@nestjs/common';
import { z } from 'zod';
import { TokenjarError } from '../errors.js';
import { OWN_CLAIMS } from '../config/own-claims.js';
import type { HookMore, HookName, HookResult, Hooks, HookSubject } from './hooks.js';

/** As they are in JSON: an object that writes itself as another, or changes later, could take the place of ours. */
const fields = z
  .unknown()
  .transform((given, context): unknown => {
    try {
      const text = JSON.stringify(given) as string | undefined;
      return text === undefined ? undefined : JSON.parse(text);
    } catch {
      context.addIssue('is no JSON');
      return z.NEVER;
    }
  })
  .pipe(z.record(z.string(), z.unknown()));
const claims = fields.transform((given) =>
  Object.fromEntries(Object.entries(given).filter(([name]) => !OWN_CLAIMS.includes(name))),
);
const nothing = z.unknown().transform(() => undefined);

/** What each returns: what is anything else is a mistake, and above all no permission. */
const RESULTS: { readonly [Name in HookName]-?: z.ZodType<HookResult<Name>> } = {
  claims,
  userFields: fields,
  maySignIn: z.boolean(),
  beforeRegistration: z
    .record(z.string(), z.union([z.string().transform((text) => [text]), z.array(z.string()).min(1)]))
    .nullish()
    .transform((errors) => (errors && Object.keys(errors).length > 0 ? errors : undefined)),
  afterRegistration: nothing,
  verifyPassword: z.object({ emailVerified: z.boolean() }).nullable(),
  afterSignIn: nothing,
  afterRefresh: nothing,
  onEvent: nothing,
};

/** Calls the hooks of a host, for a limited time. */
export class HookCalls {
  private readonly logger = new Logger('Tokenjar');

  /** @param timeout **Unit** seconds. */
  constructor(
    private readonly hooks: Hooks,
    private readonly timeout: number,
  ) {}

  has(name: HookName): boolean {
    return this.hooks[name] !== undefined;
  }

  /**
   * Nothing if the host has no such hook. The hook gets a copy: what it changes of it changes nothing here. **Errors**
   * `hook_failed`.
   */
  async call<Name extends HookName>(
    name: Name,
    subject: HookSubject<Name>,
    ...[more]: keyof HookMore<Name> extends never ? [] : [HookMore<Name>]
  ): Promise<HookResult<Name> | undefined> {
    const hook = this.hooks[name] as ((subject: unknown, context: unknown) => unknown) | undefined;
    if (!hook) return undefined;
    const call = (signal: AbortSignal) => hook(structuredClone(subject), { ...more, signal });
    return this.guarded(name, call, RESULTS[name] as z.ZodType<HookResult<Name>>);
  }

  /**
   * Calls code of a host, and checks what it returns.
   *
   * @param timeout at most that of the setting. **Unit** seconds. **Errors** `hook_failed`.
   */
  async guarded<Result>(
    name: string,
    call: (signal: AbortSignal) => unknown,
    result: z.ZodType<Result>,
    timeout = this.timeout,
  ): Promise<Result> {
    try {
      return result.parse(await inTime(call, Math.min(timeout, this.timeout)));
    } catch (error) {
      this.logger.error(`The hook ${name} failed: ${describe(error)}`);
      throw new TokenjarError('hook_failed', { cause: error });
    }
  }
}

/** What comes too late is dropped, whatever it is. @param timeout **Unit** seconds. */
async function inTime(call: (signal: AbortSignal) => unknown, timeout: number): Promise<unknown> {
  const stop = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, refuse) => {
    timer = setTimeout(() => {
      const error = new Error(`it took longer than ${timeout} s`);
      stop.abort(error);
      refuse(error);
    }, timeout * 1000);
  });
  try {
    return await Promise.race([call(stop.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}

const describe = (error: unknown): string => {
  if (error instanceof z.ZodError) return `it returned something else: ${z.prettifyError(error)}`;
  if (error instanceof Error) return error.stack ?? error.message;
  // Not everything can be made a text.
  return typeof error === 'string' ? error : 'it threw what is no error';
};
