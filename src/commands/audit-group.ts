import type { Command } from 'commander';
import { progressOf } from './progress.js';

/** `tokenjar audit`. Each command is loaded when it runs. */
export function auditGroup(program: Command): void {
  program
    .command('audit')
    .description('verify the audit trail')
    .command('verify')
    .option('--head <number:hash>', 'an end of the chain that was noted earlier: it has to be in it')
    .option('--json', 'as a JSON object, for scripts')
    .description(
      'verify that no event was changed, removed or inserted; needs SECRET_KEY; exits with 2 if the trail was tampered with',
    )
    .action(async ({ head, json = false }: { head?: string; json?: boolean }) => {
      const { verifyAudit } = await import('./verify-audit.js');
      const { isIntact, text } = await verifyAudit(head, json, progressOf('batch'));
      console.log(text);
      if (!isIntact) process.exitCode = 2;
    });
}
