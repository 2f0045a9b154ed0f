import { useState } from 'preact/hooks';
import { Action } from '../factors/action.tsx';
import { Field } from '../forms/fields.tsx';
import { Form } from '../forms/form.tsx';
import { Card } from '../sections/card.tsx';
import { formatMoment, useLanguage } from '../text/text.ts';
import { admin, type Delivery, type Webhook } from './api.ts';
import { wordsIn } from './fields.tsx';
import { Done, ListView, useList } from './list.tsx';
import { useWords } from './text.ts';

/** Endpoints that are told about events. */
export function Webhooks() {
  const words = useWords();
  const list = useList<Webhook>('webhooks', { limit: 50 });
  const [said, setSaid] = useState('');
  const [secret, setSecret] = useState('');
  const [shown, setShown] = useState<Webhook>();
  const add = async ({ url = '', events }: Record<string, string>) => {
    const chosen = wordsIn(events);
    const made = await admin.post<Webhook & { secret: string }>('webhooks', {
      url: url.trim(),
      ...(chosen.length > 0 && { events: chosen }),
    });
    setSecret(made.secret);
    await list.reload();
  };
  const remove = async ({ id }: Webhook) => {
    await admin.delete(`webhooks/${id}`);
    if (shown?.id === id) setShown(undefined);
    await list.reload();
    setSaid(words.webhookRemoved);
  };
  return (
    <>
      <Card title={words.addWebhook}>
        <p class="hint">{words.webhookHint}</p>
        <Form action={words.addWebhook} submit={add}>
          <Field name="url" label={words.webhookUrl} autocomplete="off" />
          <Field name="events" label={words.events} hint={words.eventsHint} autocomplete="off" isOptional />
        </Form>
        <p class="notice" role="status" hidden={secret === ''}>
          {secret !== '' && (
            <>
              {words.secretOnce} <code class="secret">{secret}</code>
            </>
          )}
        </p>
      </Card>
      <Card title={words.parts.webhooks}>
        <Done said={said} />
        <ListView
          list={list}
          label={words.parts.webhooks}
          keyOf={({ id }) => id}
          row={(webhook) => (
            <>
              <div>
                <p class="device">
                  {webhook.url} {webhook.disabled_at !== null && <span class="badge">{words.inactive}</span>}
                </p>
                <p class="hint">{webhook.events.join(' ') || words.allEvents}</p>
              </div>
              <div class="row">
                <button aria-label={words.deliveriesOf(webhook.url)} onClick={() => setShown(webhook)}>
                  {words.deliveries}
                </button>
                <Action
                  label={words.delete}
                  name={words.removeWebhook(webhook.url)}
                  look="dangerous"
                  work={() => remove(webhook)}
                />
              </div>
            </>
          )}
        />
      </Card>
      {shown && <Deliveries key={shown.id} webhook={shown} />}
    </>
  );
}

function Deliveries({ webhook: { id, url } }: { webhook: Webhook }) {
  const words = useWords();
  const language = useLanguage();
  const list = useList<Delivery>(`webhooks/${id}/deliveries`, { limit: 20 });
  const [said, setSaid] = useState('');
  const replay = async (delivery: string) => {
    await admin.post(`webhooks/${id}/deliveries/${delivery}/replay`);
    await list.reload();
    setSaid(words.replayed);
  };
  return (
    <Card title={words.deliveriesOf(url)}>
      <Done said={said} />
      <ListView
        list={list}
        label={words.deliveriesOf(url)}
        keyOf={({ id: delivery }) => delivery}
        row={({ id: delivery, event, status, attempts, created_at, response_status, error }) => (
          <>
            <div>
              <p class="device">
                <code>{event}</code>{' '}
                <span class={status === 'failed' ? 'badge' : 'badge good'}>
                  {words.deliveryStates[status]}
                </span>
              </p>
              <p class="hint">
                {[formatMoment(created_at, language), `× ${attempts}`, response_status, error]
                  .filter((fact) => fact !== null)
                  .join(' · ')}
              </p>
            </div>
            <Action label={words.replay} name={`${words.replay}: ${event}`} work={() => replay(delivery)} />
          </>
        )}
      />
    </Card>
  );
}
