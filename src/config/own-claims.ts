/** The claims of our tokens beside the user's ID and whom they are from and for. */
export const OWN_CLAIMS: readonly string[] = [
  ...['exp', 'iat', 'nbf', 'jti', 'sid', 'gen', 'token_type', 'user_ref', 'key_id', 'client_id'],
  ...['roles', 'scope', 'claims_epoch', 'roles_epoch', 'amr', 'acr', 'auth_time', 'act'],
];
