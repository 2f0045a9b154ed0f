import { fromBase32 } from '../totp-text.js';
import type { Entry, System } from './system.js';
import { entries, isNotFalse, isTrue, milliseconds, object, text, texts } from './values.js';

/** What every user of a realm has, by itself. */
const DEFAULT_ROLE = /^(default-roles-.*|offline_access|uma_authorization)$/;

/**
 * Keycloak: `kc.sh export --realm NAME --file realm.json`, or a file of users of `--dir`. **Source** Keycloak
 * documentation, "Importing and exporting realms"; `UserRepresentation`, `CredentialRepresentation`.
 */
export const keycloak: System = {
  title: 'Keycloak',
  isDocument: true,
  passes: [['users']],
  read(entry) {
    const name = text(entry, 'username');
    const key = text(entry, 'id') ?? name;
    if (key === undefined) return undefined;
    if (text(entry, 'serviceAccountClientId') !== undefined) return 'skip';
    const email = text(entry, 'email');
    const credentials = entries(entry, 'credentials');
    const password = credentials.find((each) => each.type === 'password');
    const apps = credentials.filter((each) => each.type === 'otp');
    const secrets = apps.flatMap((each) => totpOf(each) ?? []);
    const groups = texts(entry.groups).map((path) => path.slice(path.lastIndexOf('/') + 1));
    return {
      key,
      email,
      isVerified: isTrue(entry, 'emailVerified'),
      // A realm whose users sign in by address has it as their name.
      username: name?.toLowerCase() === email?.toLowerCase() ? undefined : name,
      isActive: isNotFalse(entry, 'enabled'),
      roles: [...texts(entry.realmRoles).filter((role) => !DEFAULT_ROLE.test(role)), ...groups],
      rolesDropped: Object.keys(object(entry, 'clientRoles')).map((client) => `of the client ${client}`),
      createdAt: milliseconds(entry, 'createdTimestamp'),
      hash: password ? hashOf(password) : '',
      identities: entries(entry, 'federatedIdentities').map((each) => ({
        provider: text(each, 'identityProvider') ?? '',
        subject: text(each, 'userId') ?? '',
      })),
      totp: secrets[0],
      factorsRefused: [
        ...apps.slice(secrets.length > 0 ? 1 : 0).map(() => 'totp'),
        ...credentials
          .map((each) => text(each, 'type') ?? 'unknown')
          .filter((type) => type !== 'password' && type !== 'otp'),
      ],
    };
  },
};

const hashOf = ({ secretData, credentialData }: Entry) => ({ secretData, credentialData });

/** Codes of another length, hash or period would be refused here. The key is the text itself, or Base32. */
function totpOf(credential: Entry): Buffer | undefined {
  const rules = object(credential, 'credentialData');
  const value = text(object(credential, 'secretData'), 'value');
  const isOurs =
    rules.subType === 'totp' && rules.digits === 6 && rules.period === 30 && rules.algorithm === 'HmacSHA1';
  if (value === undefined || !isOurs) return undefined;
  return rules.secretEncoding === 'BASE32' ? fromBase32(value) : Buffer.from(value);
}
