import { type ArgumentsHost, Logger } from '@nestjs/common';
import { throwError } from 'rxjs';
import { TokenjarError } from '../errors.js';

/** What a gateway or another service is told of an error, as Nest tells it, with our code. */
const told = (thrown: unknown) => ({
  status: 'error',
  ...(thrown instanceof TokenjarError
    ? { code: thrown.code, message: thrown.message }
    : { code: 'internal_error', message: 'Internal server error' }),
});

/** The client of a gateway: of Socket.IO, or a WebSocket itself. */
interface Client {
  readyState?: number;
  send?: (text: string) => void;
  emit: (event: string, data: unknown) => void;
}

/** Refuses a call that is no HTTP request, in the way that Nest's own filters for such calls have. */
export function refuseElsewhere(thrown: unknown, host: ArgumentsHost): unknown {
  const kind = host.getType<'graphql' | 'rpc' | 'ws'>();
  if (kind !== 'graphql' && !(thrown instanceof TokenjarError))
    new Logger('Tokenjar').error(
      `A call of the kind ${kind} failed`,
      thrown instanceof Error ? thrown.stack : '',
    );
  switch (kind) {
    case 'rpc':
      return throwError(() => told(thrown));
    case 'ws':
      return sendTo(host.switchToWs().getClient<Client>(), told(thrown));
    default:
      // The server of GraphQL words it.
      return thrown;
  }
}

function sendTo(client: Client, data: object): void {
  // On a WebSocket itself `emit` tells only this process.
  if (typeof client.readyState === 'number' && client.send)
    client.send(JSON.stringify({ event: 'exception', data }));
  else client.emit('exception', data);
}
