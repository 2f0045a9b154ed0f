import { createHmac, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { OPTIONS, type Options } from '../config/options.js';
import type { CookieChange, SentCookies } from '../http/cookies.js';
import type { User } from '../users/user.entity.js';

/** The keys of the device cookie: the first makes entries, all know them. */
export type DeviceKeys = readonly [KeyObject, ...KeyObject[]];

/** Token under which they are injected. */
export const DEVICE_KEYS = Symbol('tokenjar.deviceKeys');

/** What browsers keep a cookie for at most (RFC 6265bis §5.5). **Unit** seconds. */
const LIFETIME = 400 * 86_400;
/** A family shares a browser; more would only fill the header. */
const MOST_ACCOUNTS = 5;

/** Whose device it is. */
export type DeviceOwner = Pick<User, 'id' | 'email' | 'credentialsEpoch'>;

/** The device that a request comes from, as its cookies show it. */
export interface Device {
  readonly cookies: SentCookies;
  /** Its entries for an address: one at least where the address ever signed in on it. No account is needed to say so. */
  entriesFor(email: string): readonly string[];
  /** The name under which an account knows it; undefined where it does not, or not any more. */
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
 * the account up, before anything is asked of the database. An entry that the link of an email made ends in `.a`. It
 * opens nothing, and names nobody to whoever reads it.
 * **Source** OWASP, Slow Down Online Guessing Attacks with Device Cookies.
 */
@Injectable()
export class KnownDevices {
  constructor(
    @Inject(OPTIONS) private readonly options: Pick<Options, 'rateLimit'>,
    @Inject(DEVICE_KEYS) private readonly keys: DeviceKeys,
  ) {}

  /** The device of a request. Its entries are verified when they are asked for, and once. */
  of(cookies: SentCookies): Device {
    const entriesFor = once((email: string) =>
      entriesIn(cookies).filter((entry) => this.isFor(entry, email)),
    );
    const nameFor = once((account: DeviceOwner) => {
      const entry = bounded(entriesFor(account.email)).find((each) => this.isOfToday(each, account));
      return entry?.split('.')[0];
    }, keyOf);
    return { cookies, entriesFor, nameFor };
  }

  /** Whether it is a device that the account does not know; nobody can say while limits are off. */
  isNew(device: Device, account: DeviceOwner): boolean {
    return this.options.rateLimit && device.nameFor(account) === undefined;
  }

  /**
   * Makes the device one that the account knows.
   *
   * @param before the account as it was, where its password has just been replaced.
   */
  remember(device: Device, account: DeviceOwner, before = account): CookieChange[] {
    if (!this.options.rateLimit) return [];
    // The same name, and so the same count, but a MAC of today's key.
    return this.give(device, this.entryFor(account, device.nameFor(before)), account.email);
  }

  /**
   * As {@link remember}, only where the account knew the device before, for an owner who has set a new password by an
   * e-mail: under a new name, so that the guesses by which they found out that they had forgotten theirs do not count.
   */
  keep(device: Device, account: DeviceOwner, before: DeviceOwner): CookieChange[] {
    if (!this.options.rateLimit || device.nameFor(before) === undefined) return [];
    return this.give(device, this.entryFor(account), account.email);
  }

  /**
   * Makes the device one that the account knows, for an owner who has read the email about its lock.
   *
   * There is one entry of that kind beside those of sign-ins, and it displaces none of them: whoever makes somebody open
   * links for other accounts does not take the device from its owner's.
   */
  admit(device: Device, account: DeviceOwner): CookieChange[] {
    return this.give(device, `${this.entryFor(account)}${ADMITTED}`);
  }

  /** @param email whose entries of before make room for this one. */
  private give(device: Device, own: string, email?: string): CookieChange[] {
    const [name] = own.split('.');
    const former = email === undefined ? [] : device.entriesFor(email);
    const others = entriesIn(device.cookies).filter(
      (entry) => entry.split('.')[0] !== name && !former.includes(entry),
    );
    return [{ cookie: 'device', value: bounded([own, ...others]).join('~'), maxAge: LIFETIME }];
  }

  private entryFor(account: DeviceOwner, name = randomBytes(9).toString('base64url')): string {
    const named = `${name}.${stateOf(this.keys[0], account, name)}`;
    return `${named}.${macOf(this.keys[0], account.email, named)}`;
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

/** Computes a value once for each key. */
function once<Subject, Value>(
  compute: (subject: Subject) => Value,
  keyFor: (subject: Subject) => string = String,
): (subject: Subject) => Value {
  const known = new Map<string, { value: Value }>();
  return (subject) => {
    const key = keyFor(subject);
    let found = known.get(key);
    if (!found) known.set(key, (found = { value: compute(subject) }));
    return found.value;
  };
}

const keyOf = ({ id, email, credentialsEpoch }: DeviceOwner): string => `${id} ${credentialsEpoch} ${email}`;

function entriesIn({ device }: SentCookies): string[] {
  // No cut here: junk that somebody planted would push out the entries that are good.
  const entries = device.flatMap((value) => value.split('~'));
  return [...new Set(entries)].filter((entry) => ENTRY.test(entry));
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
