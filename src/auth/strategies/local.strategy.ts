import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-local';
import { callerOf, type HttpRequest } from '../../http/caller.js';
import { Cookies } from '../../http/cookies.js';
import { readInput } from '../../http/input.js';
import type { Credentials, Remembered } from '../../http/payloads.js';
import { LOCAL_STRATEGY } from '../../http/strategy.guard.js';
import type { User } from '../../users/user.entity.js';
import { type Device, KnownDevices } from '../known-devices.js';
import { PasswordLogin } from '../password-login.js';

/** Whose credentials were right, on which device, and how long they are to stay signed in. */
export interface Identified extends Remembered {
  account: User;
  device: Device;
}

/** Identifies a user by email address or username, and password. It opens nothing. */
@Injectable()
export class LocalStrategy extends PassportStrategy(Strategy, LOCAL_STRATEGY) {
  constructor(
    private readonly login: PasswordLogin,
    private readonly devices: KnownDevices,
    private readonly cookies: Cookies,
  ) {
    super({ usernameField: 'name', passwordField: 'password', session: false, passReqToCallback: true });
  }

  /** passport-local looks into the body, and into the query, which ends up in logs: it sees what the dialect reads. */
  override authenticate(request: HttpRequest): void {
    let body: unknown;
    try {
      body = readInput(request);
    } catch (error) {
      return this.error(error as Error);
    }
    const { email, username } = body as Credentials;
    const named = { ...(body as Credentials), name: email ?? username };
    const read = Object.create(request, { body: { value: named }, query: { value: {} } }) as HttpRequest;
    super.authenticate(read as never);
  }

  async validate(request: HttpRequest, _name: string, password: string): Promise<Identified> {
    const device = this.devices.of(this.cookies.sentBy(request));
    // `authenticate` has put it there.
    const { remember, scope, ...named } = request.body as Credentials;
    const account = await this.login.identify(named, password, callerOf(request), device);
    return { account, device, remember, scope };
  }
}
