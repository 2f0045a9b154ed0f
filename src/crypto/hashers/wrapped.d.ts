import type { HashRecipe } from './hashers.js';

export function wrappable(digest: Buffer): string;
export function wrap(recipe: HashRecipe, hash: string): string;
