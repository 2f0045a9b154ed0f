// A loader hook: every statement that a module declares is noted, with the text that it has when it is declared.
export async function load(url, context, next) {
  if (!url.endsWith('/src/database/statement.ts')) return next(url, context);
  const source = `const noted = (globalThis.declaredStatements ??= []);
    export const statement = (name, text) => { noted.push(text); return { name, text }; };`;
  return { format: 'module', source, shortCircuit: true };
}
