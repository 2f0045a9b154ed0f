import { Injectable } from '@nestjs/common';

/** What has to be true before traffic makes sense here. Whoever knows of such a thing says so; health asks. */
@Injectable()
export class Readiness {
  private readonly expectations: { what: string; holds: () => boolean | Promise<boolean> }[] = [];

  /** @param holds may throw or reject where it does not. */
  expect(what: string, holds: () => boolean | Promise<boolean>): void {
    this.expectations.push({ what, holds });
  }

  /** What does not hold at the moment. */
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
