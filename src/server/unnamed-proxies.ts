import type { IncomingMessage } from 'node:http';
import { Logger } from '@nestjs/common';
import { addressOf, isPeerAmong, isTrustedAddress } from '../http/forwarded.js';

/** What is told of at most, whoever comes. */
const MOST_TOLD = 5;

/**
 * Tells in the log of a proxy that `TRUSTED_PROXIES` does not name: all its clients count as one, so that a stranger's
 * wrong passwords refuse everybody. Of those in private networks, lest strangers write into the log.
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
