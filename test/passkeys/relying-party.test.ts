import { describe, expect, test } from '@jest/globals';
import { parseOptions } from '../../src/config/check.js';
import type { OptionsInput } from '../../src/config/options.js';
import { relyingPartyOf } from '../../src/passkeys/relying-party.js';

const partyFor = (settings: OptionsInput) => relyingPartyOf(parseOptions(settings));

const PARTIES: [string, OptionsInput, string, string[], string[]][] = [
  [
    'this machine, on any port',
    {},
    'localhost',
    ['http://localhost:3000', 'http://localhost:5173', 'http://localhost'],
    ['http://127.0.0.1:3000', 'http://localhost.evil.example', 'https://evil.example', 'null', 'junk'],
  ],
  [
    'the host of the pages',
    { frontendUrl: 'https://App.Example.com:8443/account' },
    'app.example.com',
    ['https://app.example.com:8443'],
    ['https://app.example.com', 'https://example.com', 'http://app.example.com:8443'],
  ],
  [
    'the host of Tokenjar, where no pages are named',
    { publicUrl: 'https://id.example.com' },
    'id.example.com',
    ['https://id.example.com'],
    ['https://app.example.com'],
  ],
  [
    'the domain that is set; pages, Tokenjar and trusted origins below it',
    {
      frontendUrl: 'https://app.example.com',
      publicUrl: 'https://id.example.com',
      passkeyRpId: 'Example.com',
      trustedOrigins: ['https://admin.example.com', 'https://*.preview.example.com', 'https://other.example'],
    },
    'example.com',
    [
      'https://app.example.com',
      'https://id.example.com',
      'https://admin.example.com',
      'https://a.preview.example.com',
    ],
    [
      'https://other.example',
      'https://blog.example.com',
      'https://a.b.preview.example.com',
      'https://notexample.com',
    ],
  ],
  [
    'other sites that are named',
    { frontendUrl: 'https://example.com', passkeyOrigins: ['https://example.de'] },
    'example.com',
    ['https://example.com', 'https://example.de'],
    ['https://example.fr', 'http://example.de'],
  ],
];

test.each(PARTIES)('%s', (_, settings, id, accepted, refused) => {
  const party = partyFor(settings);
  if (typeof party === 'string') throw new Error(party);
  expect(party.id).toBe(id);
  expect(accepted.filter((origin) => !party.accepts(origin))).toEqual([]);
  expect(refused.filter((origin) => party.accepts(origin))).toEqual([]);
});

describe('there is none', () => {
  test.each<[string, OptionsInput]>([
    ['IP address', { frontendUrl: 'https://192.0.2.7' }],
    ['IP address', { frontendUrl: 'http://[::1]:3000' }],
    ['not https', { frontendUrl: 'http://app.example.com' }],
    ['neither', { frontendUrl: 'https://app.example.com', passkeyRpId: 'example.org' }],
    ['neither', { frontendUrl: 'https://example.com', passkeyRpId: 'app.example.com' }],
  ])('%s', (sentence, settings) => {
    expect(partyFor(settings)).toMatch(sentence);
  });
});
