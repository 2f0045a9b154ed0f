import { AuthError } from '@tokenjar/client';
import { useState } from 'preact/hooks';
import { Action } from '../factors/action.tsx';
import { EmailField, Field } from '../forms/fields.tsx';
import { Form } from '../forms/form.tsx';
import { Card } from '../sections/card.tsx';
import { formatMoment, useLanguage } from '../text/text.ts';
import { admin, type Invitation } from './api.ts';
import { wordsIn } from './fields.tsx';
import { Done, ListView, useList } from './list.tsx';
import { NewUser } from './new-user.tsx';
import { useWords } from './text.ts';

/** Invites people, and shows who has not accepted yet. */
export function Invitations() {
  const words = useWords();
  const language = useLanguage();
  const list = useList<Invitation>('invitations', { limit: 50 });
  const [said, setSaid] = useState('');
  const after = async (sentence: string) => {
    await list.reload();
    setSaid(sentence);
  };
  const invite = async ({ email = '', roles }: Record<string, string>) => {
    try {
      const made = await admin.post<Invitation>('invitations', { email, roles: wordsIn(roles) });
      await after(words.invited(made.email));
    } catch (error) {
      const isTaken = error instanceof AuthError && error.code === 'email_taken';
      throw isTaken ? new AuthError({ code: error.code, errors: { email: [words.emailTaken] } }) : error;
    }
  };
  return (
    <>
      <Card title={words.invite}>
        <p class="hint">{words.inviteHint}</p>
        <Form action={words.invite} submit={invite}>
          <EmailField autocomplete="off" />
          <Field
            name="roles"
            label={words.parts.roles}
            hint={words.rolesHint}
            autocomplete="off"
            isOptional
          />
        </Form>
        <Done said={said} />
      </Card>
      <NewUser />
      <Card title={words.parts.invitations}>
        <ListView
          list={list}
          label={words.parts.invitations}
          keyOf={({ id }) => id}
          row={({ id, email, roles, expires_at }) => (
            <>
              <div>
                <p class="device">
                  {email}{' '}
                  {roles.map((role) => (
                    <span key={role} class="badge good">
                      {role}
                    </span>
                  ))}
                </p>
                <p class="hint">{words.expires(formatMoment(expires_at, language))}</p>
              </div>
              <Action
                label={words.revoke}
                name={words.revokeOf(email)}
                work={() => admin.delete(`invitations/${id}`).then(() => after(words.revoked))}
              />
            </>
          )}
        />
      </Card>
    </>
  );
}
