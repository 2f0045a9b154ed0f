import { counted } from '../counted.js';
import { AuditVerification, type Finding, type Verification } from '../audit/audit-verification.js';
import { ChainKeys } from '../audit/chain-hash.js';
import { Database } from '../database/database.js';
import { inApplication } from './application.js';
import { CommandError } from './command-error.js';
import { secretKeys } from './secret-keys.js';

/** Verifies the audit trail. @param head a former end of the chain, as this command printed it. */
export async function verifyAudit(
  head: string | undefined,
  isJson: boolean,
  progress?: (batch: number, last: number) => void,
): Promise<{ isIntact: boolean; text: string }> {
  const expected = head === undefined ? undefined : headOf(head);
  const keys = new ChainKeys(await secretKeys());
  return inApplication([], async (application) => {
    const verification = await AuditVerification.run(application.get(Database), keys, { expected, progress });
    const { finding, isSigned, unprovenUntil } = verification;
    const isIntact = finding === undefined && isSigned && unprovenUntil === undefined;
    return { isIntact, text: isJson ? jsonOf(verification, isIntact) : textOf(verification) };
  });
}

function headOf(text: string): { number: number; hash: string } {
  const [, number = '', hash = ''] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (number === '')
    throw new CommandError(`${text}: is not the end of a chain, such as 17:… with 64 digits`);
  return { number: Number(number), hash };
}

const jsonOf = (
  { finding, events, batches, unsealed, removedAt, head, isSigned, unprovenUntil }: Verification,
  isIntact: boolean,
): string =>
  JSON.stringify({
    intact: isIntact,
    finding: finding
      ? { what: finding.what, event_id: finding.eventId, batch: finding.batch }
      : isIntact
        ? null
        : { what: 'key_unknown', event_id: null, batch: (isSigned ? unprovenUntil : head?.number) ?? null },
    events,
    batches,
    unsealed,
    removed_at: removedAt?.toISOString() ?? null,
    head: head ? `${head.number}:${head.hash}` : null,
  });

function textOf(verification: Verification): string {
  const { finding, events, batches, unsealed, removedAt, head, isSigned, unprovenUntil } = verification;
  if (finding) return `The audit trail was tampered with: ${sentenceOf(finding)}.`;
  const end = head && `The chain ends with ${head.number}:${head.hash}`;
  if (!isSigned)
    return `The audit trail is not proven: its end is signed with none of the keys in SECRET_KEY and SECRET_KEY_FALLBACKS. ${end ?? ''}`;
  if (unprovenUntil !== undefined)
    return `The audit trail is not proven up to batch ${unprovenUntil}: it is signed with none of the keys in SECRET_KEY and SECRET_KEY_FALLBACKS, and the server that went on did not have its key. If you changed SECRET_KEY then, verify with the former one in SECRET_KEY_FALLBACKS. ${end ?? ''}`;
  return [
    `The audit trail is intact: ${counted(events, 'event')} in ${counted(batches, 'batch', 'batches')}; ${unsealed} not sealed yet.`,
    removedAt && `What is older was removed after AUDIT_RETENTION, last on ${removedAt.toISOString()}.`,
    end && `${end}`,
  ]
    .filter(Boolean)
    .join('\n');
}

function sentenceOf({ what, eventId, batch }: Finding): string {
  const event = `event ${eventId ?? '?'}${batch === null ? '' : ` of batch ${batch}`}`;
  switch (what) {
    case 'event_changed':
      return `${event} was changed`;
    case 'event_removed':
      return `${event} was removed`;
    case 'event_inserted':
      return `${event} was inserted`;
    case 'batch_changed':
      return `the record of batch ${batch ?? '?'} was changed, which begins with event ${eventId ?? '?'}`;
    case 'batch_removed':
      return `the record of batch ${batch ?? '?'} was removed; the next event is ${eventId ?? '?'}`;
    case 'anchor_changed':
      return `the anchor of AUDIT_RETENTION at batch ${batch ?? '?'} is not signed with SECRET_KEY`;
    case 'head_missing':
      return `batch ${batch ?? '?'}, the former end of the chain, is missing`;
  }
}
