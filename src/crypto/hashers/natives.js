// The libraries that hash, loaded with the first hash: the main thread reads what is stored and computes nothing.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

let loadedArgon2;
/** @returns {typeof import('@node-rs/argon2')} */
export const argon2 = () => (loadedArgon2 ??= require('@node-rs/argon2'));

let loadedBcrypt;
/** @returns {typeof import('@node-rs/bcrypt')} */
export const bcrypt = () => (loadedBcrypt ??= require('@node-rs/bcrypt'));
