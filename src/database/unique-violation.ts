/** Whether a statement failed because a row with the same unique value exists. **Source** SQLSTATE 23505. */
export const isUniqueViolation = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === '23505';
