import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  HttpException,
  Inject,
  Injectable,
  Logger,
  Optional,
} from '@nestjs/common';
import { OPTIONS, type Options } from '../config/options.js';
import { isUnavailable } from '../database/unavailable.js';
import { type ErrorCode, ERRORS, type FieldErrors, TokenjarError } from '../errors.js';
import type { HttpRequest } from './caller.js';
import { DIALECT, type Dialect, type WordedProblem } from './dialects/dialect.js';
import { DIALECTS, wordsOf } from './dialects/dialects.js';
import { refuseElsewhere } from './elsewhere.js';
import { HostGlobals } from './host-globals.js';
import { NoSuchRoute } from './no-such-route.js';
import { type OperationName, ROUTES, rowOf } from './operations.js';
import { RefusedRequests } from './refused-requests.js';
import { stateOf } from './request-state.js';
import { RouteTable } from './route-table.js';
import { forget } from './withheld-answer.js';
import { fromHost } from './host-exception.js';

/** The framework's own errors, by status. */
const CODE_OF_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: 'body_malformed',
  404: 'not_found',
  405: 'method_not_allowed',
  413: 'body_too_large',
  414: 'url_too_long',
  415: 'media_type_unsupported',
};
const CODE_OF_FASTIFY: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_BAD_URL: 'url_malformed',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'media_type_unsupported',
};

/** When what is not available may be there again. **Unit** seconds. */
const SOON = 2;
const OUTAGE_NOTE_MS = 10_000;
/** Per process, because every controller has its own filter. */
let outageNotedAt = 0;

/** Where a request goes that every dialect answers in the same words. What is malformed never reaches its route. */
const ONE_WORDING = new RegExp(
  `^(${ROUTES.filter(({ operation }) => ['admin', 'service'].includes(rowOf(operation).access))
    .map(({ route }) => route.replace(' /', ' .*/').replaceAll(/:\w+/g, '[^/]+'))
    .join('|')})/?$`,
);

/** The only renderer of errors: nothing else formats one, and no internal detail leaves the server. */
@Catch()
@Injectable()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Tokenjar');

  constructor(
    @Inject(OPTIONS) private readonly options: Options,
    @Inject(DIALECT) private readonly dialect: Dialect,
    private readonly refused: RefusedRequests,
    private readonly globals: HostGlobals,
    @Optional() private readonly routes?: RouteTable,
  ) {}

  catch(caught: unknown, host: ArgumentsHost): unknown {
    if (host.getType() !== 'http') return refuseElsewhere(caught, host);
    const http = host.switchToHttp();
    const next = http.getNext<(() => void) | undefined>();
    // On Express, which tries one route after the other, the one that was meant may be the host's.
    if (caught instanceof NoSuchRoute && typeof next === 'function') return next();
    const own = forget(http.getResponse());
    const thrown = own ? own.thrown : caught;
    this.prepare(thrown, http.getRequest<HttpRequest>(), http.getResponse());
    const ofHost = this.globals.isHost ? this.globals.filterFor(thrown) : undefined;
    if (ofHost) return ofHost.catch(thrown, host) as unknown;
    return this.answer(thrown, http.getRequest<HttpRequest>(), http.getResponse());
  }

  /**
   * What goes with an error, whoever words it.
   *
   * @internal
   */
  protected prepare(_thrown: unknown, _request: HttpRequest, _response: unknown): void {}

  /**
   * Sends an error, even before Nest is involved.
   *
   * @internal
   */
  answer(thrown: unknown, request: HttpRequest, response: unknown): void {
    const { httpAdapter } = this.globals;
    const allowed = this.allowedAfter(thrown, request);
    const error =
      allowed.length > 0
        ? new TokenjarError('method_not_allowed')
        : ((this.globals.isHost ? fromHost(thrown) : undefined) ?? toTokenjarError(thrown));
    this.refused.note(error, request);
    stateOf(request).code = error.code;
    if (error.code === 'database_unavailable') this.noteOutage(thrown);
    if (error.status === 500 && !error.isHosts)
      this.logger.error(`${request.method} ${pathOf(request)} failed`, stackOf(thrown));

    const worded = this.wordedFor(error, thrown, request);
    const set = (name: string, value: string) => void httpAdapter.setHeader(response, name, value);
    set('Content-Type', worded.contentType);
    set('Cache-Control', 'no-store');
    const methods = worded.status === 405 && allowed.length === 0 ? this.othersAt(request) : allowed;
    if (methods.length > 0) set('Allow', methods.join(', '));
    const isChallenged = worded.status === 401 || ERRORS[error.code].lacksPermission;
    if (isChallenged && worded.challenge !== undefined) set('WWW-Authenticate', worded.challenge);
    // What is another status elsewhere does not say it itself.
    const retryAfter = error.retryAfter ?? (worded.status === 503 ? SOON : undefined);
    if (retryAfter !== undefined) set('Retry-After', String(retryAfter));
    if (error.limit) {
      const { name, quota, window } = error.limit;
      // draft-ietf-httpapi-ratelimit-headers-10 §3 and §4.
      set('RateLimit-Policy', `"${name}";q=${quota};w=${window}`);
      set('RateLimit', `"${name}";r=0;t=${error.retryAfter ?? window}`);
    }
    httpAdapter.reply(response, JSON.stringify(worded.body), worded.status);
  }

  /** Only occasionally: in an outage every request fails alike. */
  private noteOutage(thrown: unknown): void {
    if (Date.now() - outageNotedAt < OUTAGE_NOTE_MS) return;
    outageNotedAt = Date.now();
    const cause = thrown instanceof TokenjarError ? (thrown.cause ?? thrown) : thrown;
    this.logger.error(
      `The database is not available: ${cause instanceof Error ? cause.message : String(cause)}`,
    );
  }

  /**
   * Formats an error that has a socket but no request.
   *
   * @internal
   */
  word(thrown: unknown): { status: number; contentType: string; body: string } {
    const error = toTokenjarError(thrown);
    const worded = this.wordedFor(error, thrown, { method: '', url: '', protocol: 'http', headers: {} });
    return { ...worded, body: JSON.stringify(worded.body) };
  }

  private wordedFor(error: TokenjarError, thrown: unknown, request: HttpRequest): WordedProblem {
    const { code, codes, tokenProblem, retryAfter, pending, stepUp, scope } = error;
    const operation = stateOf(request).served?.operation;
    // The framework refuses these before it knows the operation, whose document shows them in these words.
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    const hasOneWording =
      /^(url|body)_malformed$/.test(code) && ONE_WORDING.test(`${method} ${pathOf(request)}`);
    // As the pages say it.
    const isOfNames = code === 'bad_credentials' && this.options.signInWith !== 'email';
    const detail = isOfNames ? 'Wrong name or password.' : error.message;
    const dialect = hasOneWording ? DIALECTS.standard : wordsOf(operation, this.dialect);
    const errors = onTheWire(error.errors, dialect);
    const status = (operation && rowOf(operation).statuses[code]) ?? error.status;
    const worded = dialect.word(
      { code, status, detail, errors, codes, tokenProblem, retryAfter, pending, stepUp, scope },
      {
        operation,
        method: request.method,
        path: pathOf(request),
        isAnonymous: request.headers.authorization === undefined,
        contentType: request.headers['content-type'] ?? '',
        parserMessage: thrown instanceof Error ? thrown.message : '',
        options: this.options,
      },
    );
    return operation && asksInBasic(operation, request) ? { ...worded, challenge: BASIC } : worded;
  }

  /** The allowed methods, if the dialect reports that the request's method is not. */
  private othersAt({ url, method }: HttpRequest): string[] {
    return this.routes?.allowedAt(url).filter((each) => each !== method) ?? [];
  }

  /** The allowed methods of the path, without the request's. */
  private allowedAfter(thrown: unknown, request: HttpRequest): string[] {
    const isLacking = thrown instanceof TokenjarError && thrown.code === 'method_not_allowed';
    if (!isLacking && !isNotFound(thrown)) return [];
    return this.routes?.allowedAt(request.url) ?? [];
  }
}

/** The challenge has the scheme that a service has used. **Source** RFC 6749 §5.2, RFC 7617 §2. */
const BASIC = 'Basic realm="api"';
const asksInBasic = (operation: OperationName, { headers }: HttpRequest): boolean =>
  rowOf(operation).access === 'service' && /^basic /i.test(headers.authorization ?? '');

/** The errors under the field names of the dialect. Forms use those already, slices do not. */
const onTheWire = (errors: FieldErrors | undefined, dialect: Dialect): FieldErrors | undefined =>
  errors &&
  Object.fromEntries(Object.entries(errors).map(([field, texts]) => [dialect.fieldName(field), texts]));

function toTokenjarError(thrown: unknown): TokenjarError {
  if (thrown instanceof TokenjarError) return thrown;
  if (isUnavailable(thrown))
    return new TokenjarError('database_unavailable', { retryAfter: SOON, cause: thrown });
  const status = statusOf(thrown);
  if (status === undefined || status >= 500) return new TokenjarError('internal_error', { cause: thrown });
  const fastifyCode = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  return new TokenjarError(CODE_OF_FASTIFY[fastifyCode] ?? CODE_OF_STATUS[status] ?? 'request_refused', {
    cause: thrown,
  });
}

/** Nest's exceptions have `getStatus()`, Fastify's errors `statusCode`. */
function statusOf(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error)) return undefined;
  if (thrown instanceof HttpException) return thrown.getStatus();
  return 'statusCode' in thrown && typeof thrown.statusCode === 'number' ? thrown.statusCode : undefined;
}

const isNotFound = (thrown: unknown): boolean =>
  thrown instanceof NoSuchRoute || (!(thrown instanceof TokenjarError) && statusOf(thrown) === 404);
/** Without the query, in which a careless client may have put a secret. */
const pathOf = (request: HttpRequest): string => request.url.split('?')[0] ?? '';
const stackOf = (thrown: unknown): string =>
  thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
