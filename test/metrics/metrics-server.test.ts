import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, test } from '@jest/globals';
import { serveMetrics } from '../../src/metrics/metrics-server.js';
import { eventually } from '../support/eventually.js';

test('whoever opens connections to the port gets a few, and takes none from the API', async () => {
  const { url, server } = await serveMetrics(() => Promise.resolve('text'), {
    metricsHost: '127.0.0.1',
    metricsPort: 0,
  });
  const { port } = new URL(url);
  let open = 0;
  const sockets: Socket[] = [];
  try {
    for (let i = 0; i < 60; i++) {
      const socket = connect(Number(port), '127.0.0.1', () => {
        open++;
        socket.write('GET /metrics HTTP/1.1\r\nHost: ');
      });
      socket.on('close', () => open--).on('error', () => undefined);
      sockets.push(socket);
      await once(socket, 'connect');
    }
    expect(
      await eventually(
        () => open,
        (count) => count <= 32,
      ),
    ).toBeLessThanOrEqual(32);
    for (const each of sockets) each.destroy();
    await eventually(
      () => open,
      (count) => count === 0,
    );
    expect(await (await fetch(url)).text()).toBe('text');
  } finally {
    for (const each of sockets) each.destroy();
    server.close();
    server.closeAllConnections();
  }
});
