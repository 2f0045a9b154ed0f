// The SQL statements that the sources declare, as patterns of their texts.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** @returns for each `statement(name, text)` in `src` that has a name: where it is, and what its text looks like. */
export function declaredStatements() {
  return readdirSync('src', { recursive: true })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('statement.ts'))
    .flatMap((name) => statementsIn(join('src', name)));
}

function statementsIn(path) {
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
  const found = [];
  const visit = (node) => {
    if (ts.isCallExpression(node) && node.expression.getText() === 'statement') {
      const [name, text] = node.arguments;
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      if (name.text !== '')
        found.push({ at: `${path}:${line + 1} ${name.getText()}`, pattern: patternOf(text) });
    }
    node.forEachChild(visit);
  };
  visit(source);
  return found;
}

/** What stands between `${` and `}` may be anything, and what a function puts around its text. */
function patternOf(text) {
  if (ts.isCallExpression(text)) return new RegExp(patternOf(text.arguments[0]).source.slice(1, -1));
  const parts = ts.isTemplateExpression(text)
    ? [text.head.text, ...text.templateSpans.map(({ literal }) => literal.text)]
    : [text.text];
  return new RegExp(`^${parts.map(escaped).join('[^]*')}$`);
}

const escaped = (part) => part.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
