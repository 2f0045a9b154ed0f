import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { SettingsError } from './config/check.js';

/** The major version that Tokenjar is made for. */
const NEEDED = 12;

/** The version of Nest that a host has brought. */
const installed = (): string => {
  const path = createRequire(import.meta.url).resolve('@nestjs/core/package.json');
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
};

/**
 * Refuses a host with another major version of Nest, which an install that ignores peer dependencies lets pass: what
 * fails there would not say why. @throws {SettingsError}
 */
export function refuseOtherNest(version = installed()): void {
  if (Number.parseInt(version, 10) !== NEEDED)
    throw new SettingsError([
      `@nestjs/core: Tokenjar needs Nest ${NEEDED}, and this app has ${version}; update @nestjs/common and @nestjs/core`,
    ]);
}
