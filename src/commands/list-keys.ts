import { Clock } from '../clock.js';
import { Database } from '../database/database.js';
import { readTimes } from '../keys/key-store.js';
import { inApplication } from './application.js';
import { describeKey, jsonOfKey } from './key-records.js';

/** All signing keys, one per line; for scripts, one JSON object per line. */
export const listKeys = (isJson: boolean, print: (line: string) => void): Promise<void> =>
  inApplication([], async (application) => {
    const now = application.get(Clock).now();
    for (const key of await readTimes(application.get(Database, { strict: false })))
      print(isJson ? JSON.stringify(jsonOfKey(key, now)) : describeKey(key, now));
  });
