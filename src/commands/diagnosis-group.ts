import { text } from 'node:stream/consumers';
import type { Command } from 'commander';

/** `tokenjar doctor`, `health`, `settings` and `token`. Each command is loaded when it runs. */
export function diagnosisGroup(program: Command): void {
  program
    .command('doctor')
    .option('--url <url>', 'also ask the server through its public address, with one sign-in that fails')
    .option('--test-mail <email>', 'also send a test email to this address')
    .option('--json', 'as a JSON object, for scripts')
    .description('find what is wrong with the settings, the database, the mail server and the proxy')
    .addHelpText(
      'after',
      '\nRun it with the environment of the server. It changes nothing. Exits with 1 if a finding is an error.',
    )
    .action(async (options: { url?: string; testMail?: string; json?: boolean }) => {
      const { doctor } = await import('./doctor.js');
      const { hasErrors, text: findings } = await doctor(options, options.json ?? false);
      console.log(findings);
      if (hasErrors) process.exitCode = 1;
    });

  program
    .command('health')
    .description('ask the server on this machine whether it is ready, for health checks without a shell')
    .addHelpText(
      'after',
      '\nAsks /health/ready at HOST and PORT. Exits with 0 if it is ready, otherwise with 1.',
    )
    .action(async () => {
      const { health } = await import('./health.js');
      const { isReady, text: answer } = await health();
      console.log(answer);
      if (!isReady) process.exitCode = 1;
    });

  program
    .command('settings')
    .option('--json', 'as a JSON object, for scripts')
    .description('show all settings as they apply, and where each comes from; secrets are not shown')
    .action(async ({ json = false }: { json?: boolean }) => {
      const { showSettings } = await import('./show-settings.js');
      const { text: settings, problems } = showSettings(json);
      console.log(settings);
      for (const problem of problems) console.error(problem);
      if (problems.length > 0) process.exitCode = 1;
    });

  program
    .command('token')
    .description('inspect tokens')
    .command('inspect')
    .argument('[token]', 'better given on standard input: other users of this machine see arguments')
    .option('--json', 'as a JSON object, for scripts')
    .description('say what a token is, which key signed it and whether the server accepts it')
    .addHelpText('after', '\nNeeds the settings of the server. The token is neither shown nor recorded.')
    .action(async (token: string | undefined, { json = false }: { json?: boolean }) => {
      if (token !== undefined)
        console.error('A token in an argument is seen in the list of processes: give it on standard input.');
      const { inspectToken } = await import('./inspect-token.js');
      console.log(await inspectToken(token ?? (await text(process.stdin)), json));
    });
}
