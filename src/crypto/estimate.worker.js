// The strength estimate of passwords, in the hashing threads. A separate file, because its dictionaries take a tenth of a
// second and ten MiB, which threads that only verify passwords do not need.
import { workerData } from 'node:worker_threads';
import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import { adjacencyGraphs as graphs, dictionary as common } from '@zxcvbn-ts/language-common';
// It lowers the priority of the thread.
import './hashing.worker.js';

const dictionary = { ...common, ...workerData.moreDictionaries };
// More substitutions find no more words, and take ten times as long for generated passwords.
const zxcvbn = new ZxcvbnFactory({ dictionary, graphs, l33tMaxSubstitutions: 8 });
const listed = new Set(Object.values(dictionary).flat().map(String));

/** The guesses for the weakest reading of a password; 0 for one in the list. */
export default ({ readings, context }) =>
  Math.min(
    ...readings.map((windows) =>
      listed.has(windows.join('').toLowerCase())
        ? 0
        : Math.max(...windows.map((window) => zxcvbn.check(window, context).guesses)),
    ),
  );
