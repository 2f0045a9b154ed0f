import { AuthError } from '@tokenjar/client';
import { type FormEvent, useState } from 'react';
import { auth } from './auth.js';

/** Sentences for the codes that users meet here; docs/errors.md has all of them. */
const SENTENCES: Record<string, string> = {
  bad_credentials: 'Address or password is wrong.',
  email_taken: 'There is an account with this address already.',
  unreachable: 'No connection. Please try again.',
};

export function SignIn() {
  const [isNew, setIsNew] = useState(false);
  const [problem, setProblem] = useState<string>();

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    setProblem(undefined);
    const form = new FormData(event.currentTarget);
    const input = { email: String(form.get('email')), password: String(form.get('password')) };
    try {
      // Whoever shows the user is told by useAuth: nothing to do with the result.
      await (isNew ? auth.register(input) : auth.login(input));
    } catch (error) {
      if (!(error instanceof AuthError)) throw error;
      setProblem(SENTENCES[error.code] ?? error.message);
    }
  }

  return (
    <form onSubmit={(event) => void submit(event)}>
      <label>
        Email <input name="email" type="email" autoComplete="username" required />
      </label>
      <label>
        Password
        <input
          name="password"
          type="password"
          autoComplete={isNew ? 'new-password' : 'current-password'}
          required
        />
      </label>
      <button>{isNew ? 'Sign up' : 'Sign in'}</button>
      <button type="button" onClick={() => setIsNew(!isNew)}>
        {isNew ? 'I have an account' : 'I am new here'}
      </button>
      {problem && <p role="alert">{problem}</p>}
    </form>
  );
}
