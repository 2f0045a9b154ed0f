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
