/** The longest permission, and the longest list that a sign-in may ask for. **Unit** characters. */
export const LONGEST_PERMISSION = 100;
export const LONGEST_SCOPE = 2000;

/** One permission. **Source** `scope-token` of RFC 6749 §3.3. */
export const isPermission = (text: string): boolean =>
  text.length <= LONGEST_PERMISSION && /^[!#-[\]-~]+$/.test(text);

/** The permissions in a scope, each once, in the order of the alphabet. **Shape** separated by spaces. */
export const permissionsIn = (scope: string): string[] =>
  [...new Set(scope.split(' '))].filter((each) => each !== '').sort();
