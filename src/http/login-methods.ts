import type { OperationName } from './operations.js';

/** The operations that sign somebody in, and how. */
export const LOGIN_METHODS: Partial<Record<OperationName, string>> = {
  login: 'password',
  obtainToken: 'password',
  register: 'registration',
  passkeyLogin: 'passkey',
  confirmLoginCode: 'email_code',
  verifySecondFactor: 'second_factor',
  acceptInvitation: 'invitation',
  providerCallback: 'provider',
  providerCodeLogin: 'provider',
  idTokenLogin: 'provider',
  socialLogin: 'provider',
};
