import type { Token } from './judged.js';

/** A failover to a replica that lacks the last change of the row. */
export interface Loss {
  /** How soon after the change. **Unit** ticks. */
  within: number;
  /**
   * What is taken away from the rules: that a young token is restored and not replaced, that a sibling counts as a
   * parent, or that a token says which one it replaced.
   */
  without?: 'restore' | 'sibling' | 'parent';
}

/** The row is the one before it moved: what it replaced is current again, or still the parent. */
export const afterSetBack =
  (by: 'rotate' | 'reissue') =>
  (token: Token): Token => {
    if (token === 'current') return 'future';
    return token === 'parent' && by === 'rotate' ? 'current' : token;
  };

/** The row is the one that was lost. */
export const afterRestore =
  (by: 'rotate' | 'reissue', loss: Loss | undefined) =>
  (token: Token): Token => {
    if (token === 'future') return 'current';
    if (token === 'current') return 'parent';
    // The number before would be taken for the parent: it is that of a child that never arrived.
    return token === 'parent' && by === 'reissue' && loss?.without === 'parent' ? 'displaced' : token;
  };

export const toSibling: Token = 'sibling';
