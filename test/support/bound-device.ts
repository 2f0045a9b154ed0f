import { exportJWK, generateKeyPair, type JWTHeaderParameters, SignJWT } from 'jose';
import type { ObservedAnswer } from './contract.js';
import { noteSecrets } from './logged-secrets.js';

/** What a server answered. */
export interface DeviceAnswer {
  status: number;
  code: string | undefined;
  body: Record<string, unknown>;
  headers: Headers;
}

type KeyPair = Awaited<ReturnType<typeof generateKeyPair>>;

/**
 * A browser that binds its sessions, as Chromium 156 was seen to do it: it registers as soon as it is offered to, and
 * proves its device before a refresh that has no cookie of a proof.
 */
export class BoundDevice {
  /** By name, without attributes: whoever copies the jar has no more. */
  readonly cookies = new Map<string, string>();
  accessToken: string | undefined;
  sessionId: string | undefined;
  /** The last response that it has signed. */
  signed: string | undefined;
  /** Told of every answer. */
  heard: ((answer: ObservedAnswer) => void) | undefined;
  private keys: KeyPair | undefined;
  /** Where its pages refresh, as the app has it. */
  refreshPath = '/auth/token/refresh';
  private refreshUrl = '/auth/token/device/proof';

  constructor(
    /** Where the server is. */
    public base: string,
    /** Whether it takes offers. */
    private readonly binds = true,
  ) {}

  /** Without following what the answer asks a browser to do. */
  async send(
    path: string,
    json?: unknown,
    headers: Record<string, string> = {},
    method = 'POST',
  ): Promise<DeviceAnswer> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    noteSecrets(this.base, { cookies: cookie.split('; '), authorization: this.accessToken, body: json });
    const response = await fetch(this.base + path, {
      method,
      redirect: 'manual',
      headers: {
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...(cookie !== '' && { cookie }),
        ...(this.accessToken !== undefined && { authorization: `Bearer ${this.accessToken}` }),
        ...headers,
      },
      ...(json !== undefined && { body: JSON.stringify(json) }),
    });
    const text = await response.text();
    this.heard?.({ method, path, status: response.status, headers: response.headers, text });
    this.keep(response.headers.getSetCookie());
    const body = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
    noteSecrets(this.base, { cookies: response.headers.getSetCookie(), body });
    if (typeof body.access_token === 'string') this.accessToken = body.access_token;
    const code = typeof body.code === 'string' ? body.code : undefined;
    return { status: response.status, code, body, headers: response.headers };
  }

  /** As a page does: what the answer offers is taken. */
  async post(path: string, json?: unknown): Promise<DeviceAnswer> {
    const answer = await this.send(path, json);
    const offer = offerIn(answer.headers);
    if (this.binds && offer) await this.bind(offer);
    return answer;
  }

  async bind({ path, challenge }: Offer): Promise<DeviceAnswer> {
    this.keys = await generateKeyPair('ES256', { extractable: true });
    const response = await this.sign(challenge, { jwk: await this.publicKey() });
    const bound = await this.send(path, undefined, { 'Secure-Session-Response': response });
    if (bound.status === 200) {
      this.sessionId = bound.body.session_identifier as string;
      this.refreshUrl = bound.body.refresh_url as string;
    }
    return bound;
  }

  /** Proves the device: without a challenge first, as browsers do. */
  async prove(): Promise<DeviceAnswer> {
    const asked = await this.ask();
    const challenge = challengeIn(asked.headers);
    return challenge === undefined ? this.noted(asked) : this.noted(await this.answer(challenge));
  }

  /** Asks for a challenge. */
  ask(): Promise<DeviceAnswer> {
    return this.send(this.refreshUrl, undefined, this.named());
  }

  async answer(challenge: string): Promise<DeviceAnswer> {
    return this.replay(await this.sign(challenge));
  }

  replay(response: string): Promise<DeviceAnswer> {
    return this.send(this.refreshUrl, undefined, { ...this.named(), 'Secure-Session-Response': response });
  }

  async refresh(): Promise<DeviceAnswer> {
    if (this.sessionId !== undefined && this.proof === undefined) await this.prove();
    return this.send(this.refreshPath);
  }

  get proof(): string | undefined {
    return this.cookies.get(this.proofName);
  }

  set proof(value: string | undefined) {
    if (value === undefined) this.cookies.delete(this.proofName);
    else this.cookies.set(this.proofName, value);
  }

  private get proofName(): string {
    return [...this.cookies.keys()].find((name) => name.endsWith('device_proof')) ?? '__Host-device_proof';
  }

  /** Somebody who has copied the whole jar, and not the key. */
  copyOfJar(): BoundDevice {
    const copy = new BoundDevice(this.base);
    copy.refreshPath = this.refreshPath;
    for (const [name, value] of this.cookies) copy.cookies.set(name, value);
    return copy;
  }

  /** The same browser with another jar. */
  bindAs(other: BoundDevice): this {
    this.keys = other.keys;
    this.sessionId = other.sessionId;
    return this;
  }

  async sign(challenge: string, head: Partial<JWTHeaderParameters> = {}): Promise<string> {
    if (!this.keys) throw new Error('it is not bound');
    this.signed = await new SignJWT({ jti: challenge })
      .setProtectedHeader({ alg: 'ES256', typ: 'dbsc+jwt', ...head })
      .sign(this.keys.privateKey);
    return this.signed;
  }

  async publicKey(): Promise<Record<string, string>> {
    if (!this.keys) throw new Error('it is not bound');
    const { kty, crv, x, y } = (await exportJWK(this.keys.publicKey)) as Record<string, string>;
    return { kty, crv, x, y } as Record<string, string>;
  }

  private named(): Record<string, string> {
    return this.sessionId === undefined ? {} : { 'Sec-Secure-Session-Id': `"${this.sessionId}"` };
  }

  /** A session that is over, or refused for good, is forgotten with its key. */
  private noted(answer: DeviceAnswer): DeviceAnswer {
    const isOver = answer.body.continue === false || (answer.status >= 400 && answer.status < 500);
    if (isOver && challengeIn(answer.headers) === undefined) this.sessionId = undefined;
    return answer;
  }

  private keep(lines: readonly string[]): void {
    for (const line of lines) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/max-age=0|expires=thu, 01 jan 1970/i.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
  }
}

interface Offer {
  path: string;
  challenge: string;
}

/** What an answer offers. */
export function offerIn(headers: Headers): Offer | undefined {
  const found = /^\(ES256\);path="([^"]+)";challenge="([^"]+)"$/.exec(
    headers.get('secure-session-registration') ?? '',
  );
  return found ? { path: found[1] ?? '', challenge: found[2] ?? '' } : undefined;
}

export const challengeIn = (headers: Headers): string | undefined =>
  /^"([^"]+)";id="[^"]+"$/.exec(headers.get('secure-session-challenge') ?? '')?.[1];
