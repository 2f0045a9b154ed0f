import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-local';
import { LOCAL_STRATEGY } from '../../http/strategy.guard.js';
import { callerOf, type HttpRequest } from '../../http/caller.js';
import type { Account } from '../../users/users.js';
import { KnownDevices } from '../known-devices.js';
import { SignIn } from '../sign-in.js';

/** Identifies a user by e-mail address and password. It opens nothing. */
@Injectable()
export class LocalStrategy extends PassportStrategy(Strategy, LOCAL_STRATEGY) {
  constructor(
    private readonly signIn: SignIn,
    private readonly devices: KnownDevices,
  ) {
    super({ usernameField: 'email', passwordField: 'password', session: false, passReqToCallback: true });
  }

  validate(request: HttpRequest, email: string, password: string): Promise<Account> {
    return this.signIn.identify(email, password, callerOf(request), this.devices.presentedBy(request, email));
  }
}
