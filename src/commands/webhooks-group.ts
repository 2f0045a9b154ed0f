import type { Command } from 'commander';
import type { As } from './operator.js';

/** `tokenjar webhooks`. Each command is loaded when it runs. */
export function webhooksGroup(program: Command, as: As): void {
  const webhooks = program.command('webhooks').description('manage endpoints that are told about events');

  webhooks
    .command('list')
    .option('--json', 'one JSON object per line, for scripts')
    .description('list all webhooks')
    .action(async ({ json = false }: { json?: boolean }) => {
      const { listWebhooks } = await import('./list-webhooks.js');
      await listWebhooks(json, (line) => console.log(line));
    });

  webhooks
    .command('add')
    .argument('<url>')
    .argument('[event...]', 'names of events (docs/events.md); all without any')
    .option('--json', 'as a JSON object, for scripts')
    .description('add a webhook and show its secret; needs SECRET_KEY')
    .action(async (url: string, events: string[], { json = false }: { json?: boolean }) => {
      const { addWebhook } = await import('./add-webhook.js');
      console.log(await addWebhook(url, events, json, as()));
    });

  webhooks
    .command('delete')
    .argument('<id>')
    .option('--json', 'as a JSON object, for scripts')
    .description('delete a webhook with its log')
    .action(async (id: string, { json = false }: { json?: boolean }) => {
      const { deleteWebhook } = await import('./delete-webhook.js');
      console.log(await deleteWebhook(id, json, as()));
    });

  webhooks
    .command('deliveries')
    .argument('<id>')
    .option('--json', 'one JSON object per line, for scripts')
    .description('list what was delivered in the last 30 days, latest events first')
    .action(async (id: string, { json = false }: { json?: boolean }) => {
      const { listDeliveries } = await import('./list-deliveries.js');
      await listDeliveries(id, json, (line) => console.log(line));
    });

  webhooks
    .command('replay')
    .argument('<id>')
    .argument('<delivery>')
    .description('send a delivery again')
    .action(async (id: string, delivery: string) => {
      const { replayDelivery } = await import('./replay-delivery.js');
      console.log(await replayDelivery(id, delivery, as()));
    });
}
