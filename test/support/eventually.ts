/** Polls until the result is as wanted, or `within` has passed. @returns the last result. */
export async function eventually<Answer>(
  ask: () => Answer | Promise<Answer>,
  isWanted: (answer: Answer) => boolean,
  within = 5000,
): Promise<Answer> {
  const began = performance.now();
  for (;;) {
    const answer = await ask();
    if (isWanted(answer) || performance.now() - began > within) return answer;
    await new Promise(setImmediate);
  }
}

/**
 * Repeats an accepted request until it is refused.
 *
 * @returns the refusal, and when the last accepted request was sent, relative to the call. **Unit** milliseconds; 0 if
 * there was none.
 */
export async function untilRefused<Answer extends { status: number }>(
  send: () => Promise<Answer>,
): Promise<{ refusal: Answer; acceptedFor: number }> {
  const began = performance.now();
  let acceptedFor = 0;
  const refusal = await eventually(
    async () => {
      const sentAt = performance.now();
      const answer = await send();
      if (answer.status === 200) acceptedFor = sentAt - began;
      return answer;
    },
    ({ status }) => status !== 200,
  );
  return { refusal, acceptedFor };
}
