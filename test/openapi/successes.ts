import type { DocumentedOperation } from '../support/contract.js';
import { operationNamed } from '../support/operations.js';
import { uniqueEmail } from '../support/app.js';
import { type At, Conversation, type SignedIn } from './conversation.js';
import { type Prepared, prepared } from './factors.js';

/** They take an address that nobody has. */
const MAKES_USERS = ['register', 'createInvitation', 'createUser'];

/** A request that succeeds: who sends it, and what. */
export interface Succeeding {
  user: SignedIn;
  at: At & { operation: DocumentedOperation };
  json: Record<string, unknown> | undefined;
}

/** Prepares a request with the documented body, of a user of its own. @param hasSession whether it may need another session. */
export async function succeeding(
  talk: Conversation,
  { method, path, operation }: Succeeding['at'],
  hasSession = true,
): Promise<Succeeding> {
  const user = await talk.signedIn();
  if (hasSession) await talk.elsewhere(user);
  const [session = ''] = hasSession && path.includes('{id}') ? await talk.otherSessions(user) : [];
  const { fields, id = session, ...others } = await prepared(talk, operation.operationId, user);
  const isNew = MAKES_USERS.includes(operationNamed(operation.operationId) ?? '');
  const json = await bodyFor(talk, operation, user, isNew, fields);
  const at = { method, path: pathWith(path, { id, ...others.params }), operation };
  return { user, at, json };
}

async function bodyFor(
  talk: Conversation,
  operation: DocumentedOperation,
  user: SignedIn,
  isNew: boolean,
  fields: Prepared['fields'],
): Promise<Record<string, unknown> | undefined> {
  const shown = talk.bodyOf(operation, user, isNew ? uniqueEmail() : user.email);
  const held: Record<string, unknown> = { ...(await talk.emailOf(operation, user)), ...fields };
  return (
    shown &&
    Object.fromEntries(
      Object.entries({ ...shown, ...fields }).map(([name, value]: [string, unknown]) => [
        name,
        held[name] ?? value,
      ]),
    )
  );
}

const pathWith = (path: string, params: Record<string, string>): string =>
  path.replace(/\{(\w+)\}/g, (whole, name: string) => params[name] ?? whole);
