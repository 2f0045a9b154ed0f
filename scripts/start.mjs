// npm start: builds if need be, then serves in this very process. `exec` before it in package.json replaces the shell that
// npm starts, which would otherwise take a signal for itself and leave the server behind; a shell without `exec`, that
// of Windows, comes to what stands after `||`.
import cluster from 'node:cluster';

if (cluster.isPrimary) await import('./build-if-needed.mjs');
await import('../dist/main.js');
