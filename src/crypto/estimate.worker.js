// The estimate of a password, in the threads that hash. A file of its own, because its dictionaries take a tenth of a
// second and ten MiB, which a thread that only checks passwords at sign-in goes without.
import { workerData } from 'node:worker_threads';
import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import { adjacencyGraphs as graphs, dictionary as common } from '@zxcvbn-ts/language-common';
// It lowers the priority of the thread.
import './hashing.worker.js';

const dictionary = { ...common, ...workerData.moreDictionaries };
// More substitutions find no more words, and take ten times as long for what a password manager made.
const zxcvbn = new ZxcvbnFactory({ dictionary, graphs, l33tMaxSubstitutions: 8 });
const listed = new Set(Object.values(dictionary).flat().map(String));

/** Guesses for a password, which is worth what its weakest reading is; 0 for one in the list. */
export default ({ readings, context }) =>
  Math.min(
    ...readings.map((windows) =>
      listed.has(windows.join('').toLowerCase())
        ? 0
        : Math.max(...windows.map((window) => zxcvbn.check(window, context).guesses)),
    ),
  );
