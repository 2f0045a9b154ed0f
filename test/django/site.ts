import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { markOf } from '../../src/crypto/mark.js';
import { markKeys, revokeClaimOf } from '../../src/django/password-marks.js';
import { SECRET_KEY, type TestApp, uniqueEmail } from '../support/app.js';
import { hmac, type Json, unsigned } from '../support/jwt.js';

/** The secret of a site of the tests. */
export const SITE_KEY = 'TEST-ONLY key of a Django site, thirty-two bytes and more';
/** What its user has in the password column. */
export const COLUMN = 'md5$salt$5f4dcc3b5aa765d61d8327deb882cf99';

const YEAR = 365 * 86_400;

/** A user who came from the site, without the import. */
export async function addSiteUser(
  app: TestApp,
  { siteKey, roles = [] }: { siteKey?: string; roles?: string[] } = {},
): Promise<{ id: number; siteKey: string; email: string }> {
  const email = uniqueEmail();
  const [user] = await app.sql<{ id: string }>(
    `INSERT INTO tokenjar.users (email, created_at, roles) VALUES ($1, $2, $3) RETURNING id`,
    [email, app.clock.now(), roles],
  );
  const id = Number(user?.id);
  const keys = markKeys([SECRET_KEY]);
  await app.sql(
    `INSERT INTO tokenjar.django_users (site_key, user_id, seen, password_digest, password_mark, credentials_epoch, imported_at)
      SELECT $1, id, '{}', $3, $4, credentials_epoch, $5 FROM tokenjar.users WHERE id = $2`,
    [siteKey ?? String(id), id, markOf(keys, COLUMN), markOf(keys, revokeClaimOf(COLUMN)), app.clock.now()],
  );
  return { id, siteKey: siteKey ?? String(id), email };
}

/** A refresh token as the site issued it; what is undefined is left out. */
export function siteClaims(app: TestApp, userId: unknown, changed: Json = {}): Json {
  const now = Math.floor(app.clock.now().getTime() / 1000);
  return {
    token_type: 'refresh',
    exp: now + YEAR,
    iat: now - YEAR,
    jti: randomUUID().replaceAll('-', ''),
    user_id: userId,
    ...changed,
  };
}

export const siteToken = (claims: Json, secret: string = SITE_KEY, header: Json = {}): string =>
  hmac(unsigned({ alg: 'HS256', typ: 'JWT', ...header }, claims), secret);

export const randomKey = (): string => createHash('sha256').update(randomBytes(16)).digest('hex');
