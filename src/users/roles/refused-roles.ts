import { TokenjarError } from '../../errors.js';
import type { RoleProblem } from './role-changes.js';

/** Refuses the `roles` of a request that nobody can have. **Errors** `input_invalid`. */
export function refuseRoles(problem: RoleProblem | undefined): void {
  if (problem?.problem === 'permissions_too_many')
    throw new TokenjarError('input_invalid', {
      errors: { roles: ['These have too many permissions: they would not fit in an access token.'] },
    });
  if (problem?.problem === 'role_unknown')
    throw new TokenjarError('input_invalid', { errors: { roles: [`There is no role ${problem.name}.`] } });
}

/** Refuses a change of a role. **Errors** `input_invalid`, `role_not_found`, `role_held`. */
export function refuseRole(problem: RoleProblem | undefined): void {
  switch (problem?.problem) {
    case 'name_invalid':
      throw invalid(
        'name',
        'A name has at most 100 characters, all of which are shown, and no spaces but single ones between words.',
      );
    case 'permission_invalid':
      throw invalid(
        'permissions',
        `A permission is at most 100 ASCII characters, without spaces, quotes and backslashes: ${problem.permission}`,
      );
    case 'permissions_too_many':
      throw invalid('permissions', 'These are too many: they would not fit in the access tokens of users.');
    case 'role_unknown':
      throw new TokenjarError('role_not_found');
    case 'role_held':
      throw new TokenjarError('role_held');
  }
}

const invalid = (field: string, sentence: string) =>
  new TokenjarError('input_invalid', { errors: { [field]: [sentence] } });
