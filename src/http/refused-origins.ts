import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../clock.js';
import { originOf } from '../config/origins.js';
import { type ClientSide } from './forwarded.js';
import type { HttpRequest } from './caller.js';

/** How long an origin that was told of is not told of again. **Unit** milliseconds. */
const SILENCE = 600_000;
/** So many lines in {@link WINDOW} at most, whatever strangers send. */
const MOST_LINES = 5;
const WINDOW = 60_000;

/** Tells in the log of origins that were refused, so that whoever sets the server up need not guess; never a flood. */
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

/** On one line, and not for ever. */
const printable = (text: string): string => JSON.stringify(text.replace(/[^\x20-\x7e]/g, '?').slice(0, 200));
