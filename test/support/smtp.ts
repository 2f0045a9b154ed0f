import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { eventually } from './eventually.js';

/** The secret in the link of an email. */
export const secretOf = (link: string): string => decodeURIComponent(link.split('=').at(-1) ?? '');

/** A received email. */
export interface ReceivedEmail {
  from: string;
  to: string[];
  /** As it was sent. */
  raw: string;
  headers: Record<string, string>;
  subject: string;
  text: string;
  html: string;
  /** The first address in its text. */
  link: string;
}

/** A real SMTP server on loopback, which can stop, refuse and delay. */
export interface MailServer {
  url: string;
  emails: ReceivedEmail[];
  /** The response to a recipient or an email: undefined to accept it. */
  refuse: (to: string, stage: 'RCPT' | 'DATA') => { code: number; text: string } | undefined;
  /** Emails are accepted when this resolves. */
  pause: (to: string) => Promise<void>;
  /** Whether the connection breaks after an email was accepted, before the confirmation. */
  breaksConnection: (to: string) => boolean;
  /** The number of connections so far. */
  connections: number;
  /** The maximum number of concurrent connections so far. */
  busiest: number;
  /** Further connections are refused temporarily. */
  mostConnections: number;
  /** Waits for the email number `count` to an address, and returns it. */
  emailTo(address: string, count?: number): Promise<ReceivedEmail>;
  to(address: string): ReceivedEmail[];
  stop(): Promise<void>;
  start(): Promise<void>;
}

export async function startMailServer(): Promise<MailServer> {
  let port = 0;
  let server: SMTPServer | undefined;
  const made: MailServer = {
    url: '',
    emails: [],
    refuse: () => undefined,
    pause: () => Promise.resolve(),
    breaksConnection: () => false,
    connections: 0,
    busiest: 0,
    mostConnections: Infinity,
    to: (address) => made.emails.filter(({ to }) => to.includes(address)),
    async emailTo(address, count = 1) {
      const found = await eventually(
        () => made.to(address),
        ({ length }) => length >= count,
        10_000,
      );
      const email = found[count - 1];
      if (!email) throw new Error(`${found.length} emails to ${address} and not ${count}`);
      return email;
    },
    async stop() {
      const closing = server;
      server = undefined;
      if (!closing) return;
      await new Promise<void>((done) => closing.close(() => done()));
      // The system releases the port one turn later.
      for (let turn = 0; turn < 2; turn++) await new Promise(setImmediate);
    },
    async start() {
      server = serverFor(made);
      server.on('error', () => undefined);
      server.listen(port, '127.0.0.1');
      await once(server.server, 'listening');
      port = (server.server.address() as AddressInfo).port;
      made.url = `smtp://127.0.0.1:${port}`;
    },
  };
  await made.start();
  return made;
}

function serverFor(made: MailServer): SMTPServer {
  const sockets = new Map<number | undefined, Socket>();
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    closeTimeout: 100,
    onConnect(_session, done) {
      made.connections += 1;
      made.busiest = Math.max(made.busiest, sockets.size);
      done(
        sockets.size > made.mostConnections
          ? Object.assign(new Error('4.3.2 too many connections'), { responseCode: 421 })
          : undefined,
      );
    },
    onRcptTo({ address }, _session, done) {
      const refusal = made.refuse(address, 'RCPT');
      done(refusal && Object.assign(new Error(refusal.text), { responseCode: refusal.code }));
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const to = session.envelope.rcptTo.map(({ address }) => address);
        const from = session.envelope.mailFrom ? session.envelope.mailFrom.address : '';
        const [recipient = ''] = to;
        void made.pause(recipient).then(() => {
          const refusal = made.refuse(recipient, 'DATA');
          if (!refusal) made.emails.push(readEmail(Buffer.concat(chunks).toString('utf8'), from, to));
          if (made.breaksConnection(recipient)) return sockets.get(session.remotePort)?.destroy();
          done(refusal && Object.assign(new Error(refusal.text), { responseCode: refusal.code }));
        });
      });
    },
  });
  server.server.on('connection', (socket: Socket) => {
    const { remotePort } = socket;
    sockets.set(remotePort, socket);
    socket.on('close', () => sockets.delete(remotePort));
  });
  return server;
}

/** Parses what nodemailer writes: one part, or text and HTML side by side. */
export function readEmail(raw: string, from: string, to: string[]): ReceivedEmail {
  const { headers, body } = readPart(raw);
  const [, boundary] = /boundary="([^"]+)"/.exec(headers['content-type'] ?? '') ?? [];
  const parts =
    boundary === undefined
      ? [{ headers, body }]
      : body
          .split(`--${boundary}`)
          .slice(1, -1)
          .map((part) => readPart(part.replace(/^\r\n/, '')));
  const content = (type: string) => {
    const part = parts.find((each) => each.headers['content-type']?.startsWith(type));
    return part ? decoded(part.body, part.headers['content-transfer-encoding']).replaceAll('\r\n', '\n') : '';
  };
  const text = content('text/plain');
  const subject = decodeWords(headers.subject ?? '');
  const [link = ''] = /https?:\/\/\S+/.exec(text) ?? [];
  return { from, to, raw, headers, subject, text, html: content('text/html'), link };
}

function readPart(raw: string): { headers: Record<string, string>; body: string } {
  const end = raw.indexOf('\r\n\r\n');
  const lines = raw
    .slice(0, end)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [
      line.slice(0, line.indexOf(':')).toLowerCase(),
      line.slice(line.indexOf(':') + 1).trim(),
    ]),
  );
  return { headers, body: raw.slice(end + 4) };
}

function decoded(body: string, encoding = '7bit'): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString('utf8');
  return encoding === 'quoted-printable' ? unquoted(body.replace(/=\r\n/g, '')) : body;
}

const unquoted = (text: string): string =>
  Buffer.from(
    text.replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    'latin1',
  ).toString('utf8');

/** RFC 2047 §2. */
const decodeWords = (text: string): string =>
  text
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?utf-8\?([bq])\?([^?]*)\?=/gi, (_, way: string, word: string) =>
      way.toLowerCase() === 'b'
        ? Buffer.from(word, 'base64').toString('utf8')
        : unquoted(word.replaceAll('_', ' ')),
    );
