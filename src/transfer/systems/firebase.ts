import { FileProblem } from '../files/file-records.js';
import type { System } from './system.js';
import { at, entries, isTrue, milliseconds, object, text, texts } from './values.js';

const PROVIDERS: ReadonlyMap<string, string> = new Map([
  ['google.com', 'google'],
  ['github.com', 'github'],
  ['apple.com', 'apple'],
]);
/** What a user signs in with there that is no account elsewhere. */
const OWN = new Set(['password', 'phone', 'emailLink']);

/** Firebase: `firebase auth:export users.json --format=json`. **Source** Firebase CLI reference, "auth:export". */
export const firebase: System = {
  title: 'Firebase',
  isDocument: true,
  passes: [['users']],
  read(entry, _section, { firebase: config, rolesFrom }) {
    const key = text(entry, 'localId');
    if (key === undefined) return undefined;
    const passwordHash = text(entry, 'passwordHash');
    if (passwordHash !== undefined && config === undefined)
      throw new FileProblem(
        'has passwords, which need --hash-config: a file with what the page of the project shows under "Password hash parameters"',
      );
    const custom = object(entry, 'customAttributes');
    return {
      key,
      email: text(entry, 'email'),
      isVerified: isTrue(entry, 'emailVerified'),
      isActive: !isTrue(entry, 'disabled'),
      ...(rolesFrom !== undefined && { roles: texts(at(custom, rolesFrom)) }),
      createdAt: milliseconds(entry, 'createdAt'),
      lastLoginAt: milliseconds(entry, 'lastSignedInAt'),
      hash: passwordHash === undefined ? '' : { passwordHash, salt: text(entry, 'salt') ?? '' },
      identities: entries(entry, 'providerUserInfo').flatMap((each) => {
        const provider = text(each, 'providerId') ?? '';
        if (OWN.has(provider)) return [];
        return {
          provider: PROVIDERS.get(provider) ?? provider,
          subject: text(each, 'rawId') ?? '',
          email: text(each, 'email'),
        };
      }),
      // A phone number, or a secret that Firebase keeps.
      factorsRefused: entries(entry, 'mfaInfo').map((each) => ('phoneInfo' in each ? 'phone' : 'totp')),
    };
  },
};
