import { emailField } from '../http/fields.js';

/**
 * The address that a provider names, in normal form; undefined if it is none that we could keep.
 *
 * Capital letters of ASCII apart, it has to be in that form already: an address that Unicode only makes equal to another
 * one, such as one with a Kelvin sign for a `k`, may be another mailbox, and its owner has not verified ours.
 */
export function addressIn(value: unknown): string | undefined {
  const result = emailField.safeParse(value);
  return result.success && localPartOf(result.data) === lowerAscii(localPartOf(String(value).trim()))
    ? result.data
    : undefined;
}

const localPartOf = (address: string): string => address.slice(0, address.lastIndexOf('@'));

const lowerAscii = (text: string): string => text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
