import type { Browser } from './browser.js';
import { Holder, type Scene } from './holder.js';
import { pause } from './http.js';
import type { Random } from './random.js';

/**
 * What a thief does with a cookie: presents it once; uses it as a browser would; presents it repeatedly, to find the right
 * moment; or stays in step with the owner, which no bearer token can detect.
 */
export const STYLES = ['once', 'lives', 'polls', 'in_step'] as const;

/** Copies a browser's jar, with a proof if there is one, and uses it until refused. */
export class Thief extends Holder {
  private stolenProof: [name: string, value: string] | undefined;

  constructor(
    scene: Scene,
    name: string,
    random: Random,
    private readonly victim: Browser,
  ) {
    super(scene, name, 'thief', random);
  }

  /** It is never cleared: that is what an answer asks of a browser. */
  override get proof(): [name: string, value: string] | undefined {
    return this.stolenProof;
  }

  async steal(): Promise<void> {
    const { scene, random, victim } = this;
    const { session } = victim;
    if (!session || session.theft || victim.token === undefined) return;
    this.jar = victim.jar.cloneSync() ?? this.jar;
    this.session = session;
    this.stolenProof = victim.proof;
    const style = random.chance(0.1) ? 'in_step' : random.pick(STYLES.slice(0, 3));
    const delay = this.firstDelay(style);
    session.theft = { at: scene.history.now(), style, delay, hasProof: this.stolenProof !== undefined };
    await pause(delay, scene.over);
    await this.use(style);
  }

  /** From at once to several R, as often short as long. */
  private firstDelay(style: string): number {
    const { giveUp, rotateAfter } = this.scene.times;
    if (style === 'in_step') return 0;
    return this.random.chance(0.1)
      ? 0
      : giveUp * 0.1 * Math.exp(this.random.between(0, Math.log((40 * rotateAfter) / giveUp)));
  }

  private async use(style: string): Promise<void> {
    const { random, scene } = this;
    const { giveUp, rotateAfter } = scene.times;
    const most = style === 'once' ? 1 : style === 'polls' ? 200 : 60;
    for (let uses = 0; uses < most && !scene.over.aborted;) {
      if (style === 'in_step') await this.untilVictimMoved();
      const outcome = await this.refresh(this.name);
      if (outcome === 'signed_out') return;
      if (outcome === 'done' || outcome === 'unproven') uses++;
      const wait =
        style === 'polls' || style === 'in_step' || outcome === 'pending' || outcome === 'failed'
          ? random.between(giveUp / 8, giveUp / 2)
          : random.waitOf(0.5 * rotateAfter);
      await pause(wait, scene.over);
    }
  }

  /** Waits until the owner holds a different token; this uses knowledge that no real thief has. */
  private async untilVictimMoved(): Promise<void> {
    const { over, times } = this.scene;
    for (let looks = 0; looks < 2000 && !over.aborted && this.victim.token === this.token; looks++)
      await pause(times.grace / 20, over);
  }
}
