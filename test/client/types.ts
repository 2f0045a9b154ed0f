/** What the types of the client promise; checked by `npm run lint`, never run. */
import {
  type Auth,
  AuthError,
  createAuth,
  type Reason,
  type Session,
  type User,
} from '../../client/src/index.js';
import {
  createFactors,
  type FactorList,
  type PendingLogin,
  pendingLogin,
  type SignedIn,
} from '../../client/src/factors.js';
import { withStepUp } from '../../client/src/step-up.js';
import { expectTypeOf } from 'expect-type';

const auth = createAuth();
expectTypeOf(auth).toEqualTypeOf<Auth>();
expectTypeOf(auth.user).toEqualTypeOf<User | null>();
expectTypeOf(auth.ready).returns.resolves.toEqualTypeOf<User | null>();
expectTypeOf(auth.login).returns.resolves.toEqualTypeOf<User>();
expectTypeOf(auth.register).returns.resolves.toEqualTypeOf<User | null>();
expectTypeOf(auth.accessToken).returns.resolves.toEqualTypeOf<string | null>();
expectTypeOf(auth.fetch).toEqualTypeOf<typeof fetch>();
expectTypeOf(auth.sessions.list).returns.resolves.toEqualTypeOf<Session[]>();
expectTypeOf(auth.onChange).returns.toEqualTypeOf<() => void>();
expectTypeOf(auth.onChange).parameter(0).parameters.toEqualTypeOf<[user: User | null, reason: Reason]>();
expectTypeOf<AuthError>().toExtend<Error>();

// A user of another shape, as in the django dialects.
interface Account {
  pk: number;
  email: string;
}
expectTypeOf(createAuth<Account>().user).toEqualTypeOf<Account | null>();

// @ts-expect-error the password is missing
void auth.login({ email: 'ada@example.com' });
// @ts-expect-error nobody can set who is signed in
auth.user = null;
// @ts-expect-error there is no such reason
auth.onChange((_user, reason) => reason === 'because');

expectTypeOf(auth.exchange).returns.resolves.toEqualTypeOf<Record<string, unknown>>();
expectTypeOf(withStepUp(auth, () => Promise.resolve())).toEqualTypeOf<Auth>();
expectTypeOf(withStepUp(createAuth<Account>(), () => Promise.resolve()).user).toEqualTypeOf<Account | null>();
expectTypeOf(pendingLogin).returns.toEqualTypeOf<PendingLogin | undefined>();

const factors = createFactors(auth);
expectTypeOf(factors.verify).returns.resolves.toEqualTypeOf<SignedIn>();
expectTypeOf(factors.list).returns.resolves.toEqualTypeOf<FactorList>();
expectTypeOf(createFactors(createAuth<Account>()).verify).returns.resolves.toEqualTypeOf<SignedIn<Account>>();
void auth.login({ email: 'ada@example.com', password: 'x', remember: false });
void factors.verify({ method: 'totp', code: '123456', trust_device: true });
// @ts-expect-error a code belongs to it
void factors.verify({ method: 'totp' });
// @ts-expect-error a password is no code
void factors.verify({ method: 'password', code: '123456' });
// @ts-expect-error a login is no step of itself
void auth.exchange('/login', 'logout', {});
