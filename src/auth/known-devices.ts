import { createHmac, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { epochSeconds } from '../clock.js';
import { OPTIONS, type Options } from '../config/options.js';
import { TokenjarError } from '../errors.js';
import type { HttpRequest } from '../http/caller.js';
import { DeviceCookie } from '../http/device-cookie.js';

/** The keys of the device cookie: the first makes entries, all know them. */
export type DeviceKeys = readonly [KeyObject, ...KeyObject[]];

/** Token under which they are injected. */
export const DEVICE_KEYS = Symbol('tokenjar.deviceKeys');

/** What browsers keep a cookie for at most (RFC 6265bis §5.5). **Unit** seconds. */
const LIFETIME = 400 * 86_400;
/** A family shares a browser; more would only fill the header. */
const MOST_ACCOUNTS = 5;

/**
 * The devices that accounts know: those that signed in before.
 *
 * Their wrong passwords are counted apart from those of strangers, so that nobody can lock an owner out by guessing.
 *
 * **Shape** of the cookie: for each account `<12 characters>.<22 characters>`, joined by `~`: a random name of the
 * device, and a MAC of the account's address and that name. It opens nothing, and names nobody to whoever reads it.
 * **Source** OWASP, Slow Down Online Guessing Attacks with Device Cookies.
 */
@Injectable()
export class KnownDevices {
  constructor(
    private readonly cookie: DeviceCookie,
    @Inject(OPTIONS) private readonly options: Pick<Options, 'rateLimit'>,
    @Inject(DEVICE_KEYS) private readonly keys: DeviceKeys,
  ) {}

  /** The name under which an account knows the device of a request; undefined where it does not. */
  recognise(request: HttpRequest, email: string): string | undefined {
    return this.entriesOf(request)
      .find((entry) => this.isOf(entry, email))
      ?.split('.')[0];
  }

  /** Whether it is a device that the account does not know; nobody can say while limits are off. */
  isNew(request: HttpRequest, email: string): boolean {
    return this.options.rateLimit && this.recognise(request, email) === undefined;
  }

  /** Makes the device one that the account knows. */
  remember(request: HttpRequest, response: unknown, email: string): void {
    if (!this.options.rateLimit) return;
    // The same name, and so the same count, but a MAC of today's key.
    this.give(request, response, this.entryFor(email, this.recognise(request, email)));
  }

  /**
   * A key by which the owner of an account makes a browser one that it knows, without a password.
   *
   * It can be used again until it expires, and is then the same device with the same count.
   * **Shape** an entry of the cookie, the expiry in seconds since 1970, and a MAC of both, joined by dots.
   */
  keyFor(email: string, expiresAt: Date): string {
    const signed = `${this.entryFor(email)}.${epochSeconds(expiresAt)}`;
    return `${signed}.${macOf(this.keys[0], 'unlock', signed)}`;
  }

  /** Makes the device one that the account of a key knows. **Errors** `link_invalid`. */
  admit(request: HttpRequest, response: unknown, key: string, now: Date): void {
    const [, signed = '', entry = '', expiry = '', mac = ''] =
      /^(([\w-]{12}\.[\w-]{22})\.(\d{1,12}))\.([\w-]{22})$/.exec(key) ?? [];
    if (!this.isMacOf(mac, 'unlock', signed) || Number(expiry) <= epochSeconds(now))
      throw new TokenjarError('link_invalid');
    this.give(request, response, entry);
  }

  private give(request: HttpRequest, response: unknown, own: string): void {
    const [name] = own.split('.');
    const others = this.entriesOf(request).filter((entry) => entry.split('.')[0] !== name);
    const all = [own, ...others].slice(0, MOST_ACCOUNTS);
    this.cookie.set(request, response, all.join('~'), LIFETIME);
  }

  private entryFor(email: string, name = randomBytes(9).toString('base64url')): string {
    return `${name}.${macOf(this.keys[0], email, name)}`;
  }

  private entriesOf(request: HttpRequest): string[] {
    const entries = this.cookie.read(request).flatMap((value) => value.split('~'));
    return [...new Set(entries)]
      .filter((entry) => /^[\w-]{12}\.[\w-]{22}$/.test(entry))
      .slice(0, MOST_ACCOUNTS);
  }

  private isOf(entry: string, email: string): boolean {
    const [name = '', mac = ''] = entry.split('.');
    return this.isMacOf(mac, email, name);
  }

  private isMacOf(mac: string, about: string, text: string): boolean {
    const presented = Buffer.from(mac.padEnd(MAC_LENGTH));
    return this.keys.some((key) => timingSafeEqual(presented, Buffer.from(macOf(key, about, text))));
  }
}

/** **Unit** characters. */
const MAC_LENGTH = 22;

function macOf(key: KeyObject, about: string, text: string): string {
  const mac = createHmac('sha256', key).update(`${about}\0${text}`).digest();
  return mac.subarray(0, 16).toString('base64url');
}
