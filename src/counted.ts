/** A number of things in a sentence: `1 user`, `2 users`. @param several the plural, if it is not the word with an s. */
export const counted = (count: number, one: string, several = `${one}s`): string =>
  `${count} ${count === 1 ? one : several}`;
