import { CookieJar } from 'tough-cookie';
import type { Account } from './adapters/adapter.js';
import { BoundKey } from './bound-key.js';
import { Holder, type Outcome, type Scene } from './holder.js';
import { pause } from './http.js';
import type { Random } from './random.js';

/**
 * An honest browser: one to three tabs sharing a cookie jar that is written to disk from time to time. It crashes and
 * sleeps. Some bind their sessions to a key, and prove it before a refresh that has no proof in the jar.
 */
export class Browser extends Holder {
  /** The jar on disk. */
  private written = new CookieJar();
  private isWritten = true;
  private awakeAt = 0;
  private readonly tabs: number;
  private signingIn: Promise<void> | undefined;
  private key: BoundKey | undefined;
  private proving: Promise<void> | undefined;

  constructor(
    scene: Scene,
    name: string,
    random: Random,
    private readonly account: Account,
    private readonly binds: boolean,
  ) {
    super(scene, name, 'owner', random);
    this.tabs = random.pick([1, 1, 2, 2, 3]);
  }

  override get proof(): [name: string, value: string] | undefined {
    const value = this.key && this.cookie(this.key.cookieName);
    return this.key && value !== undefined ? [this.key.cookieName, value] : undefined;
  }

  override keep(cookies: string[]): void {
    super.keep(cookies);
    if (cookies.length > 0) this.isWritten = false;
  }

  /** Signs in without the chaos proxy, because only what follows is tested; retries until it works. */
  signIn(): Promise<void> {
    this.signingIn ??= this.untilSignedIn().finally(() => (this.signingIn = undefined));
    return this.signingIn;
  }

  private async untilSignedIn(): Promise<void> {
    const { adapter, targets, history, over } = this.scene;
    // An error response that arrives after the sign-in would clear the new cookie.
    this.hangUp();
    this.session = this.key = undefined;
    while (!over.aborted) {
      try {
        const onRequest = () => void history.signIns.sent++;
        const { cookies, offer } = await adapter.signIn(this.random.pick(targets), this.account, onRequest);
        history.signIns.answered++;
        this.jar = new CookieJar();
        this.keep(cookies);
        this.write();
        this.session = history.open(this.name, this.token ?? '');
        if (this.binds && offer !== undefined) void this.bind(offer);
        return;
      } catch {
        await pause(this.random.between(200, 800), over);
      }
    }
  }

  /** Disturbed as other requests are: where the answer is lost, the session goes on unbound. */
  private async bind(offer: string): Promise<void> {
    const { session } = this;
    const key = await BoundKey.bind(offer, (path, headers) => this.post(path, headers, false, () => {}));
    if (session === this.session) this.key = key;
  }

  /** The tabs of a browser wait for one proof, and go on without where there is none. */
  override async refresh(by: string, isDirect = false): Promise<Outcome> {
    if (this.key && !this.proof) {
      this.proving ??= this.prove(this.key, isDirect).finally(() => (this.proving = undefined));
      await this.proving;
    }
    const outcome = await super.refresh(by, isDirect);
    // Its user is shown the sign-in.
    return outcome === 'unproven' && this.session?.keyLostAt !== undefined ? 'signed_out' : outcome;
  }

  private async prove(key: BoundKey, isDirect: boolean): Promise<void> {
    const { session } = this;
    const { history } = this.scene;
    const proof = await key.prove((path, headers) => this.post(path, headers, isDirect, () => {}));
    if (session !== this.session || !session || proof === 'later') return;
    if (proof === 'forgotten') {
      this.key = undefined;
      session.keyLostAt = history.now();
    } else {
      session.boundAt ??= history.now();
      this.keep(proof);
    }
  }

  /** Whether its pages run. */
  get isAwake(): boolean {
    return this.awakeAt <= this.scene.history.now() && !this.signingIn;
  }

  /** Runs until the run is over. */
  async live(): Promise<void> {
    const tabs = Array.from({ length: this.tabs }, (_, i) => this.liveTab(`${this.name}.${i}`));
    await Promise.all([...tabs, this.liveDisk(), this.liveFate()]);
  }

  /**
   * Refreshes about every third of R for the whole browser, so that most tokens are used young and some late. Browsers
   * with one tab and with three send about equally many requests.
   */
  private async liveTab(tab: string): Promise<void> {
    const { times, over } = this.scene;
    const mean = this.tabs * 0.33 * times.rotateAfter;
    await pause(this.random.between(0, mean), over);
    for (let failures = 0; !over.aborted;) {
      await this.untilAwake();
      const outcome = await this.refresh(tab);
      if (over.aborted) return;
      if (outcome === 'signed_out') await this.signIn();
      failures = outcome === 'failed' || outcome === 'unproven' ? failures + 1 : 0;
      await pause(this.patienceAfter(outcome, failures, mean), over);
    }
  }

  /** The time until the next refresh. Failures are followed by increasing waits, so that a busy server is not overloaded. */
  private patienceAfter(outcome: Outcome, failures: number, mean: number): number {
    const { giveUp } = this.scene.times;
    if (outcome === 'pending') return this.random.between(giveUp / 4, giveUp / 2);
    if (outcome === 'failed' || outcome === 'unproven')
      return this.random.between(giveUp / 20, giveUp / 4) * 2 ** Math.min(failures, 6);
    return this.random.waitOf(mean);
  }

  private async liveDisk(): Promise<void> {
    const { times, over } = this.scene;
    await pause(this.random.between(0, times.rollback), over);
    while (!over.aborted) {
      this.write();
      await pause(times.rollback, over);
    }
  }

  private write(): void {
    if (this.isWritten) return;
    this.written = this.jar.cloneSync() ?? new CookieJar();
    this.isWritten = true;
  }

  /** A crash about every 8 R, a sleep about every 12 R. */
  private async liveFate(): Promise<void> {
    const { times, over, history } = this.scene;
    while (!over.aborted) {
      await pause(this.random.waitOf(5 * times.rotateAfter), over);
      if (over.aborted || this.signingIn) continue;
      if (this.random.chance(0.6)) {
        history.crashes.push({ browser: this.name, at: history.now() });
        this.crash();
        const isLong = this.random.chance(0.3);
        this.awakeAt =
          history.now() + this.random.between(0, isLong ? 2 * times.rotateAfter : times.giveUp / 4);
      } else this.awakeAt = history.now() + this.random.between(0, 3 * times.rotateAfter);
    }
  }

  /** Only the jar on disk survives; requests in progress are cut. */
  private crash(): void {
    this.hangUp();
    this.key?.restart();
    this.jar = this.written.cloneSync() ?? new CookieJar();
    this.isWritten = true;
  }

  private hangUp(): void {
    for (const request of this.underWay) request.abort();
  }

  private async untilAwake(): Promise<void> {
    const { history, over } = this.scene;
    for (
      let left = this.awakeAt - history.now();
      left > 0 && !over.aborted;
      left = this.awakeAt - history.now()
    )
      await pause(left, over);
  }
}
