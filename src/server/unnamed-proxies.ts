import type { IncomingMessage } from 'node:http';
import { Logger } from '@nestjs/common';
import { addressOf, isPeerAmong, isTrustedAddress } from '../http/forwarded.js';

/** The maximum number of log lines. */
const MOST_TOLD = 5;

/**
 * Logs proxies that `TRUSTED_PROXIES` does not name: all of their clients count as one, so a stranger's wrong passwords
 * affect everybody. Only private addresses are logged, because strangers could otherwise fill the log.
 */
export class UnnamedProxies {
  private readonly logger = new Logger('Tokenjar');
  private readonly told = new Set<string>();

  constructor(private readonly trustedProxies: readonly string[]) {}

  note(request: IncomingMessage): void {
    if (request.headers['x-forwarded-for'] === undefined || this.told.size >= MOST_TOLD) return;
    const peer = addressOf(request.socket.remoteAddress);
    if (peer === null || this.told.has(peer) || isPeerAmong(this.trustedProxies, request)) return;
    if (!isTrustedAddress(PRIVATE, peer)) return;
    this.told.add(peer);
    this.logger.warn(
      `Requests come through ${peer} with X-Forwarded-For, and TRUSTED_PROXIES does not name it: ` +
        'all its clients count as one, for limits and in lists of sessions',
    );
  }
}

const PRIVATE = ['loopback', 'linklocal', 'uniquelocal'];
