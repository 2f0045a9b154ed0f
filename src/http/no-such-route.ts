import { TokenjarError } from '../errors.js';

/**
 * There is nothing of ours at this address, although a route of ours matches it: the name of a provider is a part of some
 * addresses, and only those of the settings are names. In a host on Express another route may follow that matches too.
 */
export class NoSuchRoute extends TokenjarError {
  constructor() {
    super('not_found');
  }
}
