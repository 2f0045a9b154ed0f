/**
 * What decision 45 promises of a session that may be bound to its device, in other words than the product: an abstract
 * binding, in whole seconds. What a refresh does once it was let in, `session-model.ts` says.
 */
export interface Binding {
  /** Whether a key was kept for it. */
  hasKey: boolean;
  /** Whether it was proven once. */
  isBound: boolean;
  /** The time of the newest challenge that was signed. **Unit** seconds. */
  provenAt: number;
}

/** What the server has answered a proof with. */
export interface Proof {
  /** **Unit** seconds. */
  at: number;
  /** Of the refresh token that came with it. */
  generation: number;
}

const STEP = 180;
const CHALLENGE_COUNTS = 360;
const PROOF_COUNTS = 300;

export const UNBOUND: Binding = { hasKey: false, isBound: false, provenAt: 0 };

/** The time of the challenge that a browser is asked to sign. */
export const challengeAt = ({ provenAt }: Binding, now: number): number =>
  Math.max(provenAt, now - (now % STEP));

/** The binding after a challenge of that time came back, signed with the key; undefined if it is refused. */
export function proven(binding: Binding, challenged: number, now: number): Binding | undefined {
  const isGood = binding.hasKey && now - challenged < CHALLENGE_COUNTS && challenged >= binding.provenAt;
  return isGood ? { hasKey: true, isBound: true, provenAt: challenged } : undefined;
}

/** Whether a refresh with this token and these cookies reaches the rules of a refresh at all. */
export const isLetIn = (
  { isBound }: Binding,
  generation: number,
  proof: Proof | undefined,
  now: number,
): boolean =>
  !isBound || (proof !== undefined && generation <= proof.generation && now - proof.at < PROOF_COUNTS);
