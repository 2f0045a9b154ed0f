import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../clock.js';
import { originOf } from '../config/origins.js';
import { type ClientSide } from './forwarded.js';
import type { HttpRequest } from './caller.js';

/** The minimum time between log lines about the same origin. **Unit** milliseconds. */
const SILENCE = 600_000;
/** The maximum number of log lines per {@link WINDOW}, whatever strangers send. */
const MOST_LINES = 5;
const WINDOW = 60_000;

/** Logs refused origins, so that the operator need not guess; at a limited rate. */
@Injectable()
export class RefusedOrigins {
  private readonly logger = new Logger('Tokenjar');
  private readonly toldAt = new Map<string, number>();
  private untold = 0;

  constructor(private readonly clock: Clock) {}

  note(request: HttpRequest, own: Pick<ClientSide, 'protocol' | 'host'>): void {
    const origin = originIn(request);
    const now = this.clock.now().getTime();
    for (const [each, at] of this.toldAt) if (now - at >= SILENCE) this.toldAt.delete(each);
    const recent = [...this.toldAt.values()].filter((at) => now - at < WINDOW);
    if (this.toldAt.has(origin) || recent.length >= MOST_LINES) return void this.untold++;
    this.toldAt.set(origin, now);
    const others = this.untold === 0 ? '' : ` (and ${this.untold} more since the last such message)`;
    this.untold = 0;
    this.logger.warn(
      `Refused a request from ${origin} to ${printable(`${own.protocol}://${own.host ?? ''}`)}${others}: ` +
        'add the origins of other pages to TRUSTED_ORIGINS; if this is your own address, ' +
        'check TRUSTED_PROXIES or PUBLIC_URL',
    );
  }
}

function originIn({ headers }: HttpRequest): string {
  if (headers.origin === undefined) return 'a page that does not name its origin';
  return `the origin ${originOf(headers.origin) ?? printable(headers.origin)}`;
}

/** On a single line of limited length. */
const printable = (text: string): string => JSON.stringify(text.replace(/[^\x20-\x7e]/g, '?').slice(0, 200));
