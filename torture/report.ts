import type { Figures } from './figures.js';
import type { Exchange, History, SessionHistory } from './history.js';
import type { Violation } from './verdict.js';

/** The last exchanges of a session that are shown with a violation. */
const SHOWN = 14;

/** A table of counts, in Markdown so that it can be quoted. */
export function tableOf(figures: Figures): string {
  const { kinds, thefts, faults, revocations, caughtAfter, rows, breaches } = figures;
  const caught = thefts.caught + thefts.missed;
  const lines: [string, string | number][] = [
    ['seconds', figures.seconds],
    ['longest hiccup of this machine', `${figures.hiccup} ms`],
    ['sessions', figures.sessions],
    ['refreshes answered with 200', `${figures.refreshes} (${figures.perSecond} a second)`],
    ['– new token (rotate, reissue)', `${kinds.rotate ?? 0}, ${kinds.reissue ?? 0}`],
    ['– the current token again (repeat)', kinds.repeat ?? 0],
    ['– token left in place (keep)', kinds.keep ?? 0],
    ['– of them lost on the way or given up', figures.lost],
    ['put off (wait)', kinds.wait ?? 0],
    ['503 otherwise', kinds.unavailable ?? 0],
    ['never answered', kinds.unanswered ?? 0],
    ['401', kinds.refused ?? 0],
    ...(figures.bound > 0
      ? ([
          ['sessions bound to a key', figures.bound],
          ['403, for want of a proof', kinds.unproven ?? 0],
          ['thefts of these, refused at every use', thefts.shut_out],
        ] as [string, number][])
      : []),
    ['other answers', kinds.other ?? 0],
    ['browser crashes', figures.crashes],
    ['servers killed, stalled', `${faults.kill ?? 0}, ${faults.stall ?? 0}`],
    ['servers cut off from the database, clocks set', `${faults.partition ?? 0}, ${faults.clock_step ?? 0}`],
    ['disks slow, failovers', `${faults.slow_disk ?? 0}, ${faults.failover ?? 0}`],
    ['database restarts, connections cut', `${faults.restart ?? 0}, ${faults.terminate ?? 0}`],
    ['herds of 64 browsers, most in one statement', `${figures.herds.times}, ${figures.herds.most}`],
    ['honest sessions ended', breaches.honest_logout ?? 0],
    ['thefts that the rule must notice', caught],
    [
      '– caught',
      `${thefts.caught}${caught > 0 ? ` (${((100 * thefts.caught) / caught).toFixed(1)} %)` : ''}`,
    ],
    [
      '– first use to end, median and longest',
      `${seconds(caughtAfter.median)}, ${seconds(caughtAfter.longest)}`,
    ],
    ['thefts always within the grace', thefts.in_step],
    ['thefts where one did not come back', thefts.not_back],
    ['thefts never used', thefts.unused],
    ['sessions ended by their users', revocations.watched],
    ['– latest use of the access token elsewhere', `${revocations.latest} ms`],
    ...Object.keys(rows.after)
      .filter((table) => rows.after[table] !== rows.before[table])
      .map((table): [string, string] => [
        `rows of ${table}, before and after`,
        `${rows.before[table] ?? 0}, ${rows.after[table]}`,
      ]),
    ['violations', Object.values(breaches).reduce((sum, count) => sum + count, 0)],
    ...Object.entries(breaches).map(([breach, count]): [string, number] => [`– ${breach}`, count]),
  ];
  return [
    '| what | figure |',
    '| --- | --- |',
    ...lines.map(([what, figure]) => `| ${what} | ${figure} |`),
  ].join('\n');
}

const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`;

/** One line per violation, followed by the events that led to it. */
export function storyOf({ breach, at, sentence, session }: Violation, history: History): string {
  const head = `${breach} at ${seconds(at)}: ${sentence}`;
  if (!session) return head;
  const shown = session.exchanges
    .filter(({ sentAt }) => sentAt <= at + 1)
    .sort((a, b) => a.sentAt - b.sentAt)
    .slice(-SHOWN);
  const around = [...history.faults, ...history.crashes.filter(({ browser }) => browser === session.browser)]
    .filter((event) => event.at > (shown[0]?.sentAt ?? 0) - 2000 && event.at <= at)
    .map((event) => `${seconds(event.at)} ${'kind' in event ? event.kind : 'crash'}`);
  const theft = session.theft ? ` stolen ${seconds(session.theft.at)} (${session.theft.style})` : '';
  return [
    head,
    `    ${session.browser} signed in ${seconds(session.openedAt)}, token ${session.first};${theft} ${around.join(', ')}`,
    ...shown.map((exchange) => `    ${lineOf(exchange, session)}`),
  ].join('\n');
}

function lineOf(
  { by, asked, token, sentAt, answeredAt, status, code, issued, isDelivered }: Exchange,
  _: SessionHistory,
) {
  const answer =
    answeredAt === undefined
      ? 'no answer'
      : `${seconds(answeredAt)} ${status} ${code ?? ''}${issued === undefined ? '' : ` token ${issued}`}`;
  return `${(sentAt / 1000).toFixed(3)} ${by} ${asked} ${token} → ${answer}${isDelivered || asked === 'verify' ? '' : ' (not delivered)'}`;
}
