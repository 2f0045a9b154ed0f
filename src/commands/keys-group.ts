import type { Command } from 'commander';
import type { As } from './operator.js';

/** `tokenjar keys`. Each command is loaded when it runs. */
export function keysGroup(program: Command, as: As): void {
  const keys = program.command('keys').description('manage the keys that sign access tokens');

  keys
    .command('list')
    .option('--json', 'one JSON object per line, for scripts')
    .description('list all signing keys: next, current, retired and revoked ones')
    .action(async ({ json = false }: { json?: boolean }) => {
      const { listKeys } = await import('./list-keys.js');
      await listKeys(json, (line) => console.log(line));
    });

  keys
    .command('rotate')
    .option('--json', 'as a JSON object, for scripts')
    .description('let the next key sign, and publish another; needs SECRET_KEY')
    .action(async ({ json = false }: { json?: boolean }) => {
      const { rotateKeys } = await import('./change-keys.js');
      console.log(await rotateKeys(json, as()));
    });

  keys
    .command('revoke')
    .argument('<kid>')
    .option('--json', 'as a JSON object, for scripts')
    .description('refuse everything that a key signed, at once; needs SECRET_KEY')
    .action(async (kid: string, { json = false }: { json?: boolean }) => {
      const { revokeKey } = await import('./change-keys.js');
      console.log(await revokeKey(kid, json, as()));
    });

  keys
    .command('import')
    .argument('<file>', 'a private key: PEM or JWK')
    .option('--json', 'as a JSON object, for scripts')
    .description('publish a key of your own, which signs next; needs SECRET_KEY')
    .action(async (file: string, { json = false }: { json?: boolean }) => {
      const { importKey } = await import('./change-keys.js');
      console.log(await importKey(file, json, as()));
    });
}
