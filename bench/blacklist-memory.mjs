// Memory and time for a million revoked sessions: our table compared with a Map of strings. After `npm run build`:
//   node --expose-gc bench/blacklist-memory.mjs [entries]
import { performance } from 'node:perf_hooks';
import { v7 as uuidv7 } from 'uuid';
import { SessionIdTable } from '../dist/users/blacklist/session-id-table.js';

const COUNT = Number(process.argv[2] ?? 1_000_000);
const LOOKUPS = 1_000_000;
const now = Date.now();

/** Memory after a garbage collection. **Unit** bytes, on and off the heap. */
function memory() {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + Math.max(external, arrayBuffers);
}

const timed = (act) => {
  const began = performance.now();
  act();
  return performance.now() - began;
};

/** Fills and queries a table, and reports the cost. IDs are new strings, as if they came off the wire. */
function measure(name, table, deleteExpired) {
  // Half of them expire.
  const expiryOf = (i) => now + (i % 2 === 0 ? 1000 : 600_000);
  const before = memory();
  let longest = 0;
  let sets = 0;
  const known = [];
  for (let i = 0; i < COUNT; i++) {
    const id = uuidv7();
    if (i % Math.ceil(COUNT / 1000) === 0) known.push(id);
    const took = timed(() => table.set(id, expiryOf(i)));
    sets += took;
    longest = Math.max(longest, took);
  }
  const bytes = memory() - before;
  const strange = Array.from({ length: 1000 }, () => uuidv7());
  const lookup = (ids) =>
    (timed(() => {
      for (let i = 0; i < LOOKUPS; i++) table.has(ids[i % ids.length]);
    }) *
      1e6) /
    LOOKUPS;
  lookup(known);
  const [hit, miss] = [lookup(known), lookup(strange)];
  const nothing = timed(() => deleteExpired(now));
  // Our table stores whole seconds, rounded up.
  const half = timed(() => deleteExpired(now + 2000));
  console.log(
    `${name}: ${(bytes / 1e6).toFixed(1)} MB; ${COUNT} sets ${sets.toFixed(0)} ms, the longest ${longest.toFixed(1)} ms; ` +
      `a look-up ${hit.toFixed(0)} ns where it is, ${miss.toFixed(0)} ns where it is not; deleteExpired ` +
      `${nothing.toFixed(1)} ms for none, ${half.toFixed(1)} ms for half (${table.size} stay)`,
  );
}

if (!globalThis.gc) console.log('without --expose-gc: the memory is a guess');
const table = new SessionIdTable();
measure('SessionIdTable', table, (at) => table.deleteExpired(at));

const map = new Map();
measure('Map<string, number>', map, (at) => {
  for (const [id, expiresAt] of map) if (expiresAt <= at) map.delete(id);
});
