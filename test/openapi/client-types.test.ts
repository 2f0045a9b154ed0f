import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import openapiTS, { astToString } from 'openapi-typescript';
import ts from 'typescript';
import { isLong } from '../support/long.js';
import { ROOT } from '../support/server-process.js';
import { Conversation, DIALECTS } from './conversation.js';

const HERE = join(ROOT, 'test/openapi/client-types');

/** What the compiler says of a generated client, and of the tests of its types where there are some. */
function complaintsAbout(dialect: string, generated: string): string[] {
  const client = join(HERE, 'generated', `${dialect}.d.ts`);
  const tests = join(HERE, `${dialect}.ts`);
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2022.d.ts'],
    module: ts.ModuleKind.NodeNext,
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const fromDisk = host.getSourceFile.bind(host);
  // What the server says now stands for what was committed.
  host.getSourceFile = (name, version, ...rest) =>
    name === client ? ts.createSourceFile(name, generated, version) : fromDisk(name, version, ...rest);
  const files = existsSync(tests) ? [client, tests] : [client];
  return ts
    .getPreEmitDiagnostics(ts.createProgram(files, options, host))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

async function clientTypesOf(dialect: (typeof DIALECTS)[number]): Promise<string> {
  const { app, contract } = await Conversation.start({ dialect, emailCodeLogin: true, apiKeys: true });
  try {
    return astToString(await openapiTS(JSON.stringify(contract.document)));
  } finally {
    await app.close();
  }
}

test.each(isLong ? DIALECTS : DIALECTS.slice(0, 2))(
  'a client generated for the dialect %s compiles',
  async (dialect) => {
    expect(complaintsAbout(dialect, await clientTypesOf(dialect))).toEqual([]);
  },
);

test('a changed type is detected', async () => {
  const types = await clientTypesOf('standard');
  expect(complaintsAbout('standard', types.replace('expires_in: number', 'expires_in: string'))).not.toEqual(
    [],
  );
});

test('the types of every operation are checked', () => {
  expect(['standard.ts', 'django.ts'].filter((file) => !existsSync(join(HERE, file)))).toEqual([]);
});
