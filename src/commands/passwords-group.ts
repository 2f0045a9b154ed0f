import { type Command, InvalidArgumentError } from 'commander';

/** `tokenjar passwords`. Each command is loaded when it runs. */
export function passwordsGroup(program: Command): void {
  program
    .command('passwords')
    .description('manage the list of breached passwords')
    .command('build-filter')
    .argument(
      '<list>',
      'SHA-1 hashes, one per line, as HEX or HEX:COUNT, preferably sorted (Have I Been Pwned)',
    )
    .option('-o, --output <file>', 'the file for BREACHED_PASSWORDS', 'breached-passwords.filter')
    .option('--min-count <n>', 'leave out passwords seen less often', wholeNumber, 1)
    .description('build the file for BREACHED_PASSWORDS; needs no network and no database')
    .action(async (list: string, { output, minCount }: { output: string; minCount: number }) => {
      const { buildFilter } = await import('./build-filter.js');
      console.log(await buildFilter(list, output, minCount));
    });
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number above 0.');
  return Number(text);
}
