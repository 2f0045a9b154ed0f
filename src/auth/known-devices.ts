import { createHmac, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { OPTIONS, type Options } from '../config/options.js';
import type { CookieChange, SentCookies } from '../http/cookies.js';
import { accountKeyOf, type User } from '../users/user.entity.js';

/** The keys of the device cookie: the first one creates entries, all of them verify entries. */
export type DeviceKeys = readonly [KeyObject, ...KeyObject[]];

/** The injection token of {@link DeviceKeys}. */
export const DEVICE_KEYS = Symbol('tokenjar.deviceKeys');

/** The maximum age of cookies in browsers (RFC 6265bis §5.5). **Unit** seconds. */
const LIFETIME = 400 * 86_400;
/** Enough for a browser shared by a family; more would only lengthen the header. */
const MOST_ACCOUNTS = 5;

/** The account of an entry. */
export type DeviceOwner = Pick<User, 'id' | 'email' | 'credentialsEpoch'>;

/** The device of a request, identified by its cookies. */
export interface Device {
  readonly cookies: SentCookies;
  /** Its entries for an address, or for another {@link accountKeyOf}: at least one if it has signed in on it. */
  entriesFor(key: string): readonly string[];
  /** Its name for an account; undefined if the account does not know it. */
  nameFor(account: DeviceOwner): string | undefined;
  /** Whether somebody has signed in to an account on it, with the current password; an unlock link is not enough. */
  hasSignedInTo(account: DeviceOwner): boolean;
}

/**
 * Devices known to accounts: those that have signed in before, with the current password.
 *
 * Failed attempts from known devices are counted separately from those of strangers, so that nobody can lock out an
 * owner by guessing. A new password, or a new account with the same address, starts without known devices.
 *
 * **Shape** of the cookie: for each account `<12 characters>.<11 characters>.<22 characters>`, joined by `~`: a random
 * name of the device, a MAC of the current state of the account, and a MAC of both and the address. The last one says
 * whether to look up the account, before the database is queried. An entry created by an emailed link ends in `.a`. The
 * cookie grants no access and does not reveal whose accounts it contains.
 * **Source** OWASP, Slow Down Online Guessing Attacks with Device Cookies.
 */
@Injectable()
export class KnownDevices {
  constructor(
    @Inject(OPTIONS) private readonly options: Pick<Options, 'rateLimit'>,
    @Inject(DEVICE_KEYS) private readonly keys: DeviceKeys,
  ) {}

  /** The device of a request. Its entries are verified lazily, and once. */
  of(cookies: SentCookies): Device {
    const entriesFor = once((key: string) => entriesIn(cookies).filter((entry) => this.isFor(entry, key)));
    const nameFor = once((account: DeviceOwner) => {
      const entry = bounded(entriesFor(accountKeyOf(account))).find((each) => this.isOfToday(each, account));
      return entry?.split('.')[0];
    }, keyOf);
    const hasSignedInTo = (account: DeviceOwner) =>
      entriesFor(accountKeyOf(account)).some((each) => !isAdmitted(each) && this.isOfToday(each, account));
    return { cookies, entriesFor, nameFor, hasSignedInTo };
  }

  /** Whether the account does not know the device; false while limits are off, because nothing tracks devices then. */
  isNew(device: Device, account: DeviceOwner): boolean {
    return this.options.rateLimit && device.nameFor(account) === undefined;
  }

  /**
   * Makes the device known to the account.
   *
   * @param before the account before its password was replaced, if it was.
   */
  remember(device: Device, account: DeviceOwner, before = account): CookieChange[] {
    if (!this.options.rateLimit) return [];
    // Keeps the name, and with it the counter, but uses a MAC of the current key.
    return this.give(device, this.entryFor(account, device.nameFor(before)), accountKeyOf(account));
  }

  /**
   * Like {@link remember}, but only if the account knew the device before: for an owner who has reset the password by
   * email. The device gets a new name, so that the owner's wrong guesses before the reset no longer count.
   */
  keep(device: Device, account: DeviceOwner, before: DeviceOwner): CookieChange[] {
    if (!this.options.rateLimit || device.nameFor(before) === undefined) return [];
    return this.give(device, this.entryFor(account), accountKeyOf(account));
  }

  /**
   * Makes the device known to the account after its owner has used the unlock link.
   *
   * There is one such entry, in addition to those of sign-ins, and it displaces none of them. Luring a user into
   * opening unlock links for other accounts therefore does not remove the device from the user's own account.
   */
  admit(device: Device, account: DeviceOwner): CookieChange[] {
    return this.give(device, `${this.entryFor(account)}${ADMITTED}`);
  }

  /** @param key its former entries are replaced. */
  private give(device: Device, own: string, key?: string): CookieChange[] {
    const [name] = own.split('.');
    const former = key === undefined ? [] : device.entriesFor(key);
    const others = entriesIn(device.cookies).filter(
      (entry) => entry.split('.')[0] !== name && !former.includes(entry),
    );
    return [{ cookie: 'device', value: bounded([own, ...others]).join('~'), maxAge: LIFETIME }];
  }

  private entryFor(account: DeviceOwner, name = randomBytes(9).toString('base64url')): string {
    const named = `${name}.${stateOf(this.keys[0], account, name)}`;
    return `${named}.${macOf(this.keys[0], accountKeyOf(account), named)}`;
  }

  private isFor(entry: string, key: string): boolean {
    const [name = '', state = '', mac = ''] = entry.split('.');
    return this.isMacOf(mac, key, `${name}.${state}`);
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

/** Memoises a function by key. */
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
  // Not truncated here: planted entries could push out the valid ones.
  const entries = device.flatMap((value) => value.split('~'));
  return [...new Set(entries)].filter((entry) => ENTRY.test(entry));
}

const ENTRY = /^[\w-]{12}\.[\w-]{11}\.[\w-]{22}(?:\.a)?$/;
/** The suffix of an entry that was not created by a sign-in. */
const ADMITTED = '.a';
const isAdmitted = (entry: string): boolean => entry.endsWith(ADMITTED);

/** Entries of unlock links first, because their counters are new while those of sign-ins may be used up. */
const bounded = (entries: readonly string[]): string[] => [
  ...entries.filter(isAdmitted).slice(0, 1),
  ...entries.filter((entry) => !isAdmitted(entry)).slice(0, MOST_ACCOUNTS),
];

/** **Unit** characters. */
const MAC_LENGTH = 22;
const STATE_LENGTH = 11;

/** A new account with the same address has another ID, and each password has its own epoch. */
const stateOf = (key: KeyObject, { id, credentialsEpoch }: DeviceOwner, name: string): string =>
  macOf(key, `account ${id} ${credentialsEpoch}`, name).slice(0, STATE_LENGTH);

function macOf(key: KeyObject, about: string, text: string): string {
  const mac = createHmac('sha256', key).update(`${about}\0${text}`).digest();
  return mac.subarray(0, 16).toString('base64url');
}
