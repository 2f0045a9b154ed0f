/** Text from elsewhere, without what a terminal obeys or hides: one line stays one line. */
export const terminalText = (text: string): string => text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\ufffd');
