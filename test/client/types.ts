/** What the types of the client promise; checked by `npm run lint`, never run. */
import {
  type Auth,
  AuthError,
  createAuth,
  type Reason,
  type Session,
  type User,
} from '../../client/src/index.js';
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
