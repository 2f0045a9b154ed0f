import type { TokenjarInput } from '../../src/tokenjar.module.js';
import { startApp, type TestApp } from './app.js';
import type { TestDatabase } from './database.js';
import { type MailServer, startMailServer } from './smtp.js';

export interface MailApp {
  mail: MailServer;
  app: TestApp;
  close: () => Promise<void>;
}

/** Starts a server that sends its emails to a mail server of its own. See {@link startApp}. */
export async function startMailApp(settings: TokenjarInput, database?: TestDatabase): Promise<MailApp> {
  const mail = await startMailServer();
  const defaults = { smtpUrl: mail.url, frontendUrl: 'https://app.example.com' };
  const app = await startApp({ ...defaults, ...settings }, database);
  return {
    mail,
    app,
    async close() {
      await app.close();
      await mail.stop();
    },
  };
}
