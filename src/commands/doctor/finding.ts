/** What was looked at. */
export type Check =
  | 'settings'
  | 'secret_key'
  | 'cookies'
  | 'origins'
  | 'database'
  | 'password_hashing'
  | 'disk'
  | 'mail'
  | 'proxy';

/** What is wrong, and what to do about it. An error stops the server or its users, a warning is a risk. */
export interface Finding {
  check: Check;
  level: 'error' | 'warning';
  message: string;
  cure: string;
}

/** Findings of one check, in the order in which they were noted. */
export class Findings {
  readonly all: Finding[] = [];

  constructor(private readonly check: Check) {}

  error(message: string, cure: string): void {
    this.all.push({ check: this.check, level: 'error', message, cure });
  }

  warning(message: string, cure: string): void {
    this.all.push({ check: this.check, level: 'warning', message, cure });
  }
}

/** Hosts that only this machine reaches: browsers treat them as if they spoke https. */
export const isThisMachine = (hostname: string): boolean =>
  /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
