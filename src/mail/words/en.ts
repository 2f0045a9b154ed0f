import type { Phrasebook } from './words.js';

const NOT_YOU = 'If this was not you, set a new password at once: whoever did it may know the old one.';

export const ENGLISH: Phrasebook = {
  unknownDevice: 'an unknown device',
  verify_email: {
    subject: '{{site}}: verify your address',
    lines: ['Somebody, hopefully you, made an account at {{site}} with this address.'],
    action: 'Verify the address',
    after: [
      'The link works once, for {{lifetime}}.',
      'If it was not you, leave it alone: without it nobody can use your address there.',
    ],
  },
  account_exists: {
    subject: '{{site}}: you have an account already',
    lines: [
      'Somebody, hopefully you, wanted to make an account at {{site}} with this address, or to move one to it. There is one already: sign in with it.',
      'If you have forgotten the password, set a new one here:',
    ],
    action: 'Set a new password',
    after: ['The link works once, for {{lifetime}}.', 'If it was not you, there is nothing to do.'],
  },
  choose_password: {
    subject: '{{site}}: choose your password',
    lines: [
      'Somebody, hopefully you, made an account at {{site}} with this address. It needs a password that only you know: more than one was typed for this address, or a new one was asked for, so none of them counts.',
      'Choose it here; that verifies the address too.',
    ],
    action: 'Choose a password',
    after: [
      'The link works once, for {{lifetime}}.',
      'If it was not you, leave it alone: without it nobody can use your address there.',
    ],
  },
  reset_password: {
    subject: '{{site}}: set a new password',
    lines: ['Somebody, hopefully you, asked for a new password for your account at {{site}}.'],
    action: 'Set a new password',
    after: [
      'The link works once, for {{lifetime}}. You will be signed out everywhere.',
      'If it was not you, there is nothing to do: the old password stays.',
    ],
  },
  change_email: {
    subject: '{{site}}: confirm your new address',
    lines: ['Somebody, hopefully you, wants to use this address for an account at {{site}} from now on.'],
    action: 'Confirm the address',
    after: ['The link works once, for {{lifetime}}.', 'If it was not you, there is nothing to do.'],
  },
  email_changed: {
    subject: '{{site}}: your address was changed',
    lines: [
      'Your account at {{site}} has had another address since {{time}}; this one is no longer of use there.',
      'If this was not you, tell the people who run {{site}} at once.',
    ],
  },
  password_changed: {
    subject: '{{site}}: your password was changed',
    lines: ['The password of your account at {{site}} was changed on {{time}}.', NOT_YOU],
  },
  account_deleted: {
    subject: '{{site}}: your account was deleted',
    lines: [
      'Your account at {{site}} was deleted on {{time}}, and all its sessions have ended.',
      'If this was not you, tell the people who run {{site}}.',
    ],
  },
  new_device: {
    subject: '{{site}}: a new sign-in',
    lines: ['Your account at {{site}} was signed in to on {{time}}: {{device}}, address {{ip}}.', NOT_YOU],
  },
  session_reused: {
    subject: '{{site}}: a session was ended',
    lines: [
      'On {{time}} a session of your account at {{site}} was ended ({{device}}), because an old copy of its cookie was used. Somebody else may have held one.',
      'Sign in again. If you do not know how it came about, set a new password.',
    ],
  },
  account_locked: {
    subject: '{{site}}: your account is locked',
    lines: [
      'Too many wrong passwords were tried, so your account at {{site}} is locked for a while.',
      'If it was you, open it again here:',
    ],
    action: 'Open the account',
    after: [
      'The link works once, for {{lifetime}}.',
      'If it was not you, there is nothing to do; the lock ends by itself.',
    ],
  },
  unlock_account: {
    subject: '{{site}}: open your account',
    lines: [
      'Somebody, hopefully you, asked for a link that opens your account at {{site}}, which too many wrong passwords may have locked. The browser in which you open it can sign in, whatever others try.',
    ],
    action: 'Open the account',
    after: [
      'The link works once, for {{lifetime}}.',
      'If it was not you, there is nothing to do; a lock ends by itself.',
    ],
  },
};
