/** Why a change of the signing keys cannot be made. */
export class KeyRefusal extends Error {
  constructor(
    readonly why:
      'unknown' | 'revoked' | 'in_use' | 'pending' | 'from_secret_key' | 'from_settings' | 'other_algorithm',
    /** A key, an algorithm or a time, by the reason. */
    readonly about: string,
  ) {
    super(`${why}: ${about}`);
  }
}
