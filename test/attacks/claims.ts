import { accepted, type Attack, claimsOf, claimsWith, refused, resigned, type Target } from './attack.js';

const words = (value: unknown) => JSON.stringify(value) ?? 'absent';

/** Words that are not as they have to be, under a good signature: whoever signs, our rules are ours. */
export function wrongClaims(target: Target): Attack[] {
  return [...wrongMoments(target), ...wrongNames(target), ...twice(target), ...controls(target)];
}

/** **Source** RFC 7519 §2 (NumericDate), §4.1.4 to §4.1.6. */
function wrongMoments(target: Target): Attack[] {
  const { iat, exp } = claimsOf(target) as { iat: number; exp: number };
  const change = (name: string, value: unknown, code?: string) =>
    refused(`${name} ${words(value)}`, resigned(target, {}, { [name]: value }), code);
  const raw = (name: string, json: string, code?: string) =>
    refused(
      `${name} written ${json.slice(0, 30)}`,
      resigned(target, {}, claimsWith(target, name, json)),
      code,
    );
  const numbers = [
    '1e400',
    '-1e400',
    '-0.5',
    '1e300',
    `${exp}.5`,
    '99999999999999999999',
    '"1e9"',
    'NaN',
    'Infinity',
    '0x7fffffff',
    '+1',
    '01',
  ];
  return [
    ...numbers.flatMap((json) => [raw('exp', json), raw('iat', json), raw('nbf', json)]),
    ...[String(exp), null, [exp], { value: exp }, true, -1, 253_402_300_800, ''].flatMap((value) => [
      change('exp', value),
      change('iat', value),
      change('nbf', value),
    ]),
    change('exp', undefined),
    change('iat', undefined),
    change('exp', 0, 'token_expired'),
    change('exp', 1, 'token_expired'),
    change('exp', iat, 'token_expired'),
    raw('exp', '-0', 'token_expired'),
    // A refresh token may be of a clock that was set back, by ten minutes at most.
    change('iat', iat + 3600),
    change('iat', 4_000_000_000),
    change('iat', iat * 1000),
    change('nbf', iat + 60),
    change('nbf', exp),
  ];
}

function wrongNames(target: Target): Attack[] {
  const { kind, format, hasAudience } = target;
  const change = (name: string, value: unknown, code?: string) =>
    refused(`${name} ${words(value)}`, resigned(target, {}, { [name]: value }), code);
  const user = format === 'standard' ? 'sub' : 'user_id';
  const nobody = kind === 'access' ? 'user_not_found' : 'token_invalid';
  const users = [
    '',
    '0',
    '-1',
    '1 OR 1=1',
    "1'--",
    '1\0',
    ' 1',
    '1.0',
    '1e0',
    '\u0661',
    '9007199254740993',
    '0x1',
    -1,
    0,
    1.5,
    true,
    null,
    {},
    [],
    ['1'],
    { $ne: null },
    9_007_199_254_740_992,
  ];
  return [
    ...users.map((value) => ofAnybody(target, change(user, value, nobody))),
    ...(format === 'standard' ? [change(user, 1, nobody)] : []),
    ...[null, '', 0, {}, [], ['a'], undefined].map((value) => change('jti', value)),
    ...['Access', 'REFRESH', null, [], {}, [kind], 1, true, `${kind}\0`].map((value) =>
      ofNoKind(target, change('token_type', value, 'token_wrong_type')),
    ),
    ...(kind === 'access' ? wrongAccess(target, change, hasAudience) : wrongRefresh(target, change)),
  ];
}

/** Taken for an access token where either is taken, and such a one has another key and `typ`. */
export const ofNoKind = (target: Target, attack: Attack): Attack =>
  target.format === 'standard' && target.kind === 'refresh'
    ? { ...attack, at: { verify: 'token_invalid' } }
    : ofAnybody(target, attack);

/** simplejwt's verify view asks neither for an owner nor for a type: a good signature and good times are enough. */
export const ofAnybody = ({ format }: Target, attack: Attack): Attack =>
  format === 'simplejwt' ? { ...attack, at: { verify: 'accepted' } } : attack;

type Change = (name: string, value: unknown, code?: string) => Attack;

function wrongAccess(target: Target, change: Change, hasAudience: boolean): Attack[] {
  const issuers = [
    '',
    'Tokenjar',
    'tokenjar ',
    'tokenjar\0',
    ['tokenjar'],
    { tokenjar: 1 },
    null,
    true,
    undefined,
  ];
  const audiences = [
    '',
    'API',
    'api ',
    'api\0',
    '*',
    '.*',
    [],
    ['web'],
    [['api']],
    { api: 1 },
    { 0: 'api' },
    null,
    true,
    1,
    undefined,
  ];
  return [
    ...['', 'x', '../', '00000000-0000-0000-0000-00000000000G', null, 1, {}, []].map((value) =>
      ofAnybody(target, change('sid', value)),
    ),
    ...(target.format === 'standard' ? issuers.map((value) => change('iss', value)) : []),
    ...(hasAudience ? audiences.map((value) => change('aud', value)) : []),
  ];
}

function wrongRefresh(target: Target, change: Change): Attack[] {
  const generations = ['1', 0, -1, 1.5, 2 ** 31 - 1, 2 ** 53, null, true, {}, [1]];
  const sessions = ['x', "' OR 1=1 --", '../', '0'.repeat(31), 'G'.repeat(32)];
  // Without it, and with the key of a Django site, it is a token of that site: of nobody who came from there.
  const ofTheSite = {
    ...change('gen', undefined, 'user_not_found'),
    at: { verify: 'accepted', blacklist: 'accepted' },
  };
  return [
    ...generations.map((value) => ofAnybody(target, change('gen', value))),
    target.format === 'simplejwt' ? ofTheSite : change('gen', undefined),
    ...sessions.map((value) => ofAnybody(target, change('jti', value))),
  ];
}

/** **Source** RFC 7519 §4: refuse, or take the last. We take the last, and every reader of ours does. */
function twice(target: Target): Attack[] {
  const claims = JSON.stringify(claimsOf(target)).slice(1, -1);
  return [
    refused('exp twice, the last dead', resigned(target, {}, `{${claims},"exp":1}`), 'token_expired'),
    ofNoKind(
      target,
      refused(
        'token_type twice, the last wrong',
        resigned(target, {}, `{${claims},"token_type":"x"}`),
        'token_wrong_type',
      ),
    ),
    refused('claims by prototype', resigned(target, {}, `{"__proto__":{${claims}}}`)),
    accepted('exp twice, the first dead', resigned(target, {}, `{"exp":1,${claims}}`)),
  ];
}

/** What has to be taken, so that it is shown that the rest is refused for its own sake. */
function controls(target: Target): Attack[] {
  const { iat } = claimsOf(target) as { iat: number };
  return [
    accepted('the token as the server made it', target.token),
    accepted('the same words, signed again', resigned(target, {})),
    accepted('nbf now', resigned(target, {}, { nbf: iat })),
    accepted(
      'a claim that nobody knows',
      resigned(target, {}, { mallory: { isAdmin: true }, pad: 'x'.repeat(3000) }),
    ),
    ...(target.hasAudience
      ? [accepted('an audience of several', resigned(target, {}, { aud: ['web', 'api'] }))]
      : []),
    ...(target.format === 'simplejwt'
      ? [
          accepted(
            'the id as a number, as simplejwt wrote it',
            resigned(target, {}, { user_id: Number(claimsOf(target).user_id) }),
          ),
        ]
      : []),
  ];
}
