import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-local';
import { callerOf, type HttpRequest } from '../../http/caller.js';
import { Cookies } from '../../http/cookies.js';
import { readInput } from '../../http/input.js';
import type { Remembered } from '../../http/payloads.js';
import { LOCAL_STRATEGY } from '../../http/strategy.guard.js';
import type { User } from '../../users/user.entity.js';
import { type Device, KnownDevices } from '../known-devices.js';
import { PasswordLogin } from '../password-login.js';

/** Whose credentials were right, on which device, and how long they are to stay signed in. */
export interface Identified extends Remembered {
  account: User;
  device: Device;
}

/** Identifies a user by email address and password. It opens nothing. */
@Injectable()
export class LocalStrategy extends PassportStrategy(Strategy, LOCAL_STRATEGY) {
  constructor(
    private readonly login: PasswordLogin,
    private readonly devices: KnownDevices,
    private readonly cookies: Cookies,
  ) {
    super({ usernameField: 'email', passwordField: 'password', session: false, passReqToCallback: true });
  }

  /** passport-local looks into the body, and into the query, which ends up in logs: it sees what the dialect reads. */
  override authenticate(request: HttpRequest): void {
    let body: unknown;
    try {
      body = readInput(request);
    } catch (error) {
      return this.error(error as Error);
    }
    const read = Object.create(request, { body: { value: body }, query: { value: {} } }) as HttpRequest;
    super.authenticate(read as never);
  }

  async validate(request: HttpRequest, email: string, password: string): Promise<Identified> {
    const device = this.devices.of(this.cookies.sentBy(request));
    const account = await this.login.identify(email, password, callerOf(request), device);
    // `authenticate` has put it there.
    const { remember, scope } = request.body as Remembered;
    return { account, device, remember, scope };
  }
}
