import {
  type CallHandler,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { map, type Observable } from 'rxjs';
import { OPTIONS, type Options } from '../config/options.js';
import type { HttpRequest } from './caller.js';
import { DIALECT, type Dialect } from './dialects/dialect.js';
import { standard } from './dialects/standard.js';
import { operationOf } from './operation.js';

/**
 * Puts what a handler gives into the words of the dialect, and keeps it out of every cache.
 *
 * **Source** RFC 6749 §5.1; ASVS 5.0 14.3.2.
 */
@Injectable()
export class AnswerInterceptor implements NestInterceptor {
  constructor(
    @Inject(OPTIONS) private readonly options: Options,
    @Inject(DIALECT) private readonly dialect: Dialect,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const response = http.getResponse<Settled>();
    const operation = operationOf(http.getRequest<HttpRequest>());
    const form = operation && (this.dialect.operations[operation] as AnyForm | undefined);
    this.adapterHost.httpAdapter.setHeader(response, 'Cache-Control', 'no-store');
    return next.handle().pipe(
      map((result: unknown) => {
        if (!form) return result;
        const status = form.statusOf?.(result) ?? form.status;
        if (status !== standard.operations[operation]?.status) settle(response, status);
        return form.gives?.(result, this.options);
      }),
    );
  }
}

/** A row of the table, when nothing is known of which: the compiler cannot pair a union's operation and result. */
interface AnyForm {
  status: number;
  statusOf?: (result: unknown) => number;
  gives?: (result: unknown, options: Options) => unknown;
}

interface Settled {
  status(code: number): unknown;
  code?(code: number): unknown;
}

/** Nest sets the status of the handler's decorator last, which is the standard dialect's; this one has to stay. */
function settle(response: Settled, status: number): void {
  response.status(status);
  response.status = () => response;
}
