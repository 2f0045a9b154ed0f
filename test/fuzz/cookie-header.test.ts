import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { HttpAdapterHost } from '@nestjs/core';
import { parseOptions } from '../../src/config/check.js';
import type { HttpRequest } from '../../src/http/caller.js';
import { OwnCookie } from '../../src/http/own-cookie.js';
import type { TokenjarInput } from '../../src/tokenjar.module.js';
import { SECRET_KEY } from '../support/app.js';

const NAME = 'refresh_token';

/** What is read of a Cookie header; nothing is written, so there is no framework behind it. */
function read(cookie: string | undefined, settings: TokenjarInput = {}): string[] {
  const options = parseOptions({ secretKey: SECRET_KEY, ...settings });
  const request: HttpRequest = {
    headers: cookie === undefined ? {} : { cookie },
    method: 'POST',
    url: '/',
    protocol: 'http',
  };
  return new OwnCookie({ name: options.cookieName }, options, new HttpAdapterHost()).read(request);
}

/** RFC 6265 §4.1.1 allows fewer; browsers send whatever a page has set, but for these. */
const anyText = fc.string({ unit: 'binary' }).map((text) => text.replaceAll(/[;\0\r\n]/g, ''));
const value = fc.oneof(
  fc.stringMatching(/^[\w.-]+$/),
  fc.stringMatching(/^[\w.-]*[,=" ][\w.-]+$/).map((text) => text.trim()),
  anyText.map((text) => text.trim()),
);
const otherName = fc
  .oneof(
    fc.constantFrom(
      '',
      'a',
      `${NAME}s`,
      `x${NAME}`,
      NAME.toUpperCase(),
      `__host-${NAME}`,
      `__Http-${NAME}`,
      `"${NAME}"`,
    ),
    anyText,
  )
  .filter((name) => !`${name}=`.trim().startsWith(`${NAME}=`));
const blank = fc.constantFrom('', ' ', '  ', '\t', ' \t ');

/** A pair of a Cookie header, and the value that is to be found in it. */
const pair = fc.oneof(
  fc.record({ before: blank, value, quoted: fc.boolean(), behind: blank }).map((each) => {
    const isBare = /^".*"$/s.test(each.value);
    const quoted = each.quoted && !isBare;
    return {
      text: `${each.before}${NAME}=${quoted ? `"${each.value}"` : each.value}${each.behind}`,
      found: isBare ? each.value.slice(1, -1) : each.value,
    };
  }),
  fc.tuple(otherName, value).map(([name, text]) => ({ text: `${name}=${text}`, found: '' })),
  fc.constantFrom('', ' ', '=', NAME, `${NAME} =a`, `=${NAME}=a`).map((text) => ({ text, found: '' })),
);

describe('reading the Cookie header', () => {
  test('finds all values of our name, in order, and nothing else', () => {
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 12 }), fc.constantFrom(';', '; ', ' ;'), (pairs, separator) => {
        const header = pairs.map(({ text }) => text).join(separator);
        expect(read(header)).toEqual(pairs.map(({ found }) => found).filter((found) => found !== ''));
      }),
      { numRuns: 5000 },
    );
  });

  test('never throws, and returns no more than there is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (header) => {
        for (const found of read(header)) expect(header).toContain(found);
      }),
      { numRuns: 5000 },
    );
    expect(read(undefined)).toEqual([]);
  });

  test('finds every possible name, best protected first, in any spelling', () => {
    const some = fc.stringMatching(/^[\w.-]+$/);
    fc.assert(
      fc.property(some, some, some, (plain, secure, host) => {
        const header = `${NAME}=${plain}; __Secure-${NAME}=${secure}; __Host-${NAME}=${host}; __host-${NAME}=x`;
        for (const cookieSecure of [true, false, 'auto'] as const)
          expect(read(header, { cookieSecure })).toEqual([host, secure, plain]);
      }),
    );
  });

  test('a name with pattern characters is not a pattern', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[\w!#$%&'*+.^`|~-]{1,20}$/),
        fc.stringMatching(/^[\w.-]+$/),
        (cookieName, good) => {
          expect(read(`x${cookieName}=a; ${cookieName}=${good}`, { cookieName })).toEqual([good]);
        },
      ),
    );
  });

  test('parses 60 kB of separators immediately', () => {
    expect(read(';'.repeat(60_000))).toEqual([]);
    expect(read(`${NAME}=a;`.repeat(5000))).toHaveLength(5000);
    expect(read(`${NAME}="${'"'.repeat(50_000)}`)).toHaveLength(1);
  });
});
