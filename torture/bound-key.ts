import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { jsonOf, type Reply } from './http.js';

/** Sends a POST without a body; undefined without an answer. */
type Post = (path: string, headers: Record<string, string>) => Promise<Reply | undefined>;

/** Challenges that a browser signs in a row for one proof. */
const MOST_SIGNED = 4;

/**
 * A key of a browser, and the session that it is for: what browsers do of Device Bound Session Credentials (W3C working
 * draft), as Chromium 156 was seen to do it.
 */
export class BoundKey {
  /** The last response, which is sent again for the same challenge; a restart of the browser forgets it. */
  private signed: { challenge: string; response: string } | undefined;
  private challenge: string | undefined;

  private constructor(
    private readonly key: KeyObject,
    private readonly sessionId: string,
    private readonly path: string,
    /** The name of the cookie that a proof brings. */
    readonly cookieName: string,
  ) {}

  /** Takes an offer. @returns undefined if the answer is lost or a refusal: the key is forgotten then. */
  static async bind(offer: string, post: Post): Promise<BoundKey | undefined> {
    const [, path = '', challenge = ''] = /^\(ES256\);path="([^"]+)";challenge="([^"]+)"$/.exec(offer) ?? [];
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { kty, crv, x, y } = publicKey.export({ format: 'jwk' });
    const response = jwtOf({ jwk: { kty, crv, x, y } }, challenge, privateKey);
    const reply = await post(path, { 'secure-session-response': response });
    if (reply?.status !== 200) return undefined;
    const body = jsonOf(reply) as {
      session_identifier: string;
      refresh_url: string;
      credentials: { name: string }[];
    };
    const [credential] = body.credentials;
    return new BoundKey(privateKey, body.session_identifier, body.refresh_url, credential?.name ?? '');
  }

  /**
   * Proves the key.
   *
   * @returns the `Set-Cookie` lines of the proof; `later` if nobody has answered or the server is in trouble; `forgotten`
   * for any other answer, after which the browser has no key any more.
   */
  async prove(post: Post): Promise<string[] | 'later' | 'forgotten'> {
    const named = { 'sec-secure-session-id': `"${this.sessionId}"` };
    for (let signatures = 0; signatures <= MOST_SIGNED; signatures++) {
      const response = this.challenge === undefined ? undefined : this.responseTo(this.challenge);
      const reply = await post(this.path, {
        ...named,
        ...(response !== undefined && { 'secure-session-response': response }),
      });
      if (!reply || reply.status >= 500) return 'later';
      const header = reply.headers['secure-session-challenge'];
      const [, challenge] = /^"([^"]+)"/.exec(typeof header === 'string' ? header : '') ?? [];
      // It is asked for one at the next proof again.
      this.challenge = challenge;
      if (reply.status === 200)
        return jsonOf(reply).continue === false ? 'forgotten' : (reply.headers['set-cookie'] ?? []);
      if (challenge === undefined) return 'forgotten';
    }
    return 'forgotten';
  }

  /** What is not on the disk. */
  restart(): void {
    this.signed = this.challenge = undefined;
  }

  private responseTo(challenge: string): string {
    if (this.signed?.challenge !== challenge)
      this.signed = { challenge, response: jwtOf({}, challenge, this.key) };
    return this.signed.response;
  }
}

/** **Source** RFC 7515 §3.1. */
function jwtOf(head: object, challenge: string, key: KeyObject): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ alg: 'ES256', typ: 'dbsc+jwt', ...head })}.${part({ jti: challenge })}`;
  const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}
