import { Injectable } from '@nestjs/common';

/**
 * The conditions under which this instance can serve traffic. Each slice registers its own; the health endpoint checks
 * them.
 */
@Injectable()
export class Readiness {
  private readonly expectations: { what: string; holds: () => boolean | Promise<boolean> }[] = [];

  /** @param holds may also throw or reject if the condition is not met. */
  expect(what: string, holds: () => boolean | Promise<boolean>): void {
    this.expectations.push({ what, holds });
  }

  /** The conditions that are not met at the moment. */
  async problems(): Promise<string[]> {
    const all = await Promise.all(
      this.expectations.map(async ({ what, holds }) => {
        try {
          return (await holds()) ? [] : [what];
        } catch {
          return [what];
        }
      }),
    );
    return all.flat();
  }
}
