import { createHmac, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { OPTIONS, type Options } from '../config/options.js';
import type { HttpRequest } from '../http/caller.js';
import { DeviceCookie } from '../http/device-cookie.js';
import type { Account } from '../users/users.js';

/** The keys of the device cookie: the first makes entries, all know them. */
export type DeviceKeys = readonly [KeyObject, ...KeyObject[]];

/** Token under which they are injected. */
export const DEVICE_KEYS = Symbol('tokenjar.deviceKeys');

/** What browsers keep a cookie for at most (RFC 6265bis §5.5). **Unit** seconds. */
const LIFETIME = 400 * 86_400;
/** A family shares a browser; more would only fill the header. */
const MOST_ACCOUNTS = 5;

/** Whose device it is. */
export type DeviceOwner = Pick<Account, 'id' | 'email' | 'credentialsEpoch'>;

/** What a request shows of devices, as a value. */
export interface PresentedDevice {
  /** The name under which the account knows the device; undefined where it does not, or not any more. */
  nameFor(account: DeviceOwner): string | undefined;
}

/**
 * The devices that accounts know: those that signed in before, with the password of today.
 *
 * Their wrong passwords are counted apart from those of strangers, so that nobody can lock an owner out by guessing.
 * A new password, and an account that is made anew for the same address, know none of before.
 *
 * **Shape** of the cookie: for each account `<12 characters>.<11 characters>.<22 characters>`, joined by `~`: a random
 * name of the device, a MAC of the account as it is, and one of both and the address. The last says whether to look
 * the account up, before anything is asked of the database. One that the link of a mail made ends in `.a`. It opens nothing, and names nobody to whoever reads it.
 * **Source** OWASP, Slow Down Online Guessing Attacks with Device Cookies.
 */
@Injectable()
export class KnownDevices {
  constructor(
    private readonly cookie: DeviceCookie,
    @Inject(OPTIONS) private readonly options: Pick<Options, 'rateLimit'>,
    @Inject(DEVICE_KEYS) private readonly keys: DeviceKeys,
  ) {}

  /** What a request shows of devices of an address; undefined where it shows none that we ever named. */
  presentedBy(request: HttpRequest, email: string): PresentedDevice | undefined {
    const own = bounded(this.entriesOf(request).filter((entry) => this.isFor(entry, email)));
    if (own.length === 0) return undefined;
    return {
      nameFor: (account) => own.find((entry) => this.isOfToday(entry, account))?.split('.')[0],
    };
  }

  /** The name under which an account knows the device of a request; undefined where it does not. */
  recognise(request: HttpRequest, account: DeviceOwner): string | undefined {
    return this.presentedBy(request, account.email)?.nameFor(account);
  }

  /** Whether it is a device that the account does not know; nobody can say while limits are off. */
  isNew(request: HttpRequest, account: DeviceOwner): boolean {
    return this.options.rateLimit && this.recognise(request, account) === undefined;
  }

  /**
   * Makes the device one that the account knows.
   *
   * @param before the account as it was, where its password has just been replaced.
   */
  remember(request: HttpRequest, response: unknown, account: DeviceOwner, before = account): void {
    if (!this.options.rateLimit) return;
    // The same name, and so the same count, but a MAC of today's key.
    this.give(request, response, this.entryFor(account, this.recognise(request, before)), account.email);
  }

  /**
   * As {@link remember}, only where the account knew the device before, for an owner who has set a new password by an
   * e-mail: under a new name, so that the guesses by which they found out that they had forgotten theirs do not count.
   */
  keep(request: HttpRequest, response: unknown, account: DeviceOwner, before: DeviceOwner): void {
    if (!this.options.rateLimit || !this.recognise(request, before)) return;
    this.give(request, response, this.entryFor(account), account.email);
  }

  /**
   * Makes the device one that the account knows, for an owner who has read the mail about its lock.
   *
   * There is one entry of that kind beside those of sign-ins, and it displaces none of them: whoever makes somebody open
   * links for other accounts does not take the device from its owner's.
   */
  admit(request: HttpRequest, response: unknown, account: DeviceOwner): void {
    this.give(request, response, `${this.entryFor(account)}${ADMITTED}`);
  }

  /** @param email whose entries of before make room for this one. */
  private give(request: HttpRequest, response: unknown, own: string, email?: string): void {
    const [name] = own.split('.');
    const others = this.entriesOf(request).filter(
      (entry) => entry.split('.')[0] !== name && !(email !== undefined && this.isFor(entry, email)),
    );
    this.cookie.set(request, response, bounded([own, ...others]).join('~'), LIFETIME);
  }

  private entryFor(account: DeviceOwner, name = randomBytes(9).toString('base64url')): string {
    const named = `${name}.${stateOf(this.keys[0], account, name)}`;
    return `${named}.${macOf(this.keys[0], account.email, named)}`;
  }

  private entriesOf(request: HttpRequest): string[] {
    // No cut here: junk that somebody planted would push out the entries that are good.
    const entries = this.cookie.read(request).flatMap((value) => value.split('~'));
    return [...new Set(entries)].filter((entry) => ENTRY.test(entry));
  }

  private isFor(entry: string, email: string): boolean {
    const [name = '', state = '', mac = ''] = entry.split('.');
    return this.isMacOf(mac, email, `${name}.${state}`);
  }

  private isOfToday(entry: string, account: DeviceOwner): boolean {
    const [name = '', state = ''] = entry.split('.');
    const presented = Buffer.from(state);
    return this.keys.some((key) => timingSafeEqual(presented, Buffer.from(stateOf(key, account, name))));
  }

  private isMacOf(mac: string, about: string, text: string): boolean {
    const presented = Buffer.from(mac.padEnd(MAC_LENGTH));
    return this.keys.some((key) => timingSafeEqual(presented, Buffer.from(macOf(key, about, text))));
  }
}

const ENTRY = /^[\w-]{12}\.[\w-]{11}\.[\w-]{22}(?:\.a)?$/;
/** What stands behind an entry that no sign-in made. */
const ADMITTED = '.a';
const isAdmitted = (entry: string): boolean => entry.endsWith(ADMITTED);

/** One of a mail first, for its count is new where that of a sign-in's may be used up; then those of sign-ins. */
const bounded = (entries: readonly string[]): string[] => [
  ...entries.filter(isAdmitted).slice(0, 1),
  ...entries.filter((entry) => !isAdmitted(entry)).slice(0, MOST_ACCOUNTS),
];

/** **Unit** characters. */
const MAC_LENGTH = 22;
const STATE_LENGTH = 11;

/** An address that is registered anew is another account, and each password an epoch of its own. */
const stateOf = (key: KeyObject, { id, credentialsEpoch }: DeviceOwner, name: string): string =>
  macOf(key, `account ${id} ${credentialsEpoch}`, name).slice(0, STATE_LENGTH);

function macOf(key: KeyObject, about: string, text: string): string {
  const mac = createHmac('sha256', key).update(`${about}\0${text}`).digest();
  return mac.subarray(0, 16).toString('base64url');
}
