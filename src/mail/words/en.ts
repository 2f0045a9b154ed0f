import type { Phrasebook } from './words.js';

const LINK_EXPIRES = 'This link can be used once and expires in {{lifetime}}.';
const NOT_YOU =
  'If this was not you, set a new password right away. Someone else may know your current password.';
const IGNORE = 'If this was not you, you can ignore this email.';
const IGNORE_UNVERIFIED =
  'If this was not you, ignore this email. The address cannot be used there until it is verified.';

export const ENGLISH: Phrasebook = {
  unknownDevice: 'an unknown device',
  factors: { totp: 'authenticator app', passkey: 'passkey' },
  verify_email: {
    subject: '{{site}}: verify your email address',
    lines: ['Someone, hopefully you, created an account at {{site}} with this email address.'],
    action: 'Verify email address',
    after: [LINK_EXPIRES, IGNORE_UNVERIFIED],
  },
  account_exists: {
    subject: '{{site}}: you already have an account',
    lines: [
      'Someone, hopefully you, tried to create an account at {{site}} with this email address, or to change the address of an account to it. You already have an account with this address. Sign in to it instead.',
      'If you have forgotten your password, you can set a new one here:',
    ],
    action: 'Set a new password',
    after: [LINK_EXPIRES, IGNORE],
  },
  choose_password: {
    subject: '{{site}}: choose your password',
    lines: [
      'Someone, hopefully you, created an account at {{site}} with this email address. Different passwords were entered for it, or a new one was requested, before the address was verified. None of those passwords can be used.',
      'Choose a password that only you know. This also verifies your address.',
    ],
    action: 'Choose a password',
    after: [LINK_EXPIRES, IGNORE_UNVERIFIED],
  },
  reset_password: {
    subject: '{{site}}: set a new password',
    lines: ['Someone, hopefully you, requested a new password for your account at {{site}}.'],
    action: 'Set a new password',
    after: [
      `${LINK_EXPIRES} Setting a new password signs you out everywhere.`,
      'If this was not you, you can ignore this email. Your password stays the same.',
    ],
  },
  change_email: {
    subject: '{{site}}: confirm your new email address',
    lines: ['Someone, hopefully you, asked to use this email address for an account at {{site}}.'],
    action: 'Confirm email address',
    after: [LINK_EXPIRES, IGNORE],
  },
  invitation: {
    subject: '{{site}}: You are invited',
    lines: [
      'You are invited to {{site}}. To accept, choose a password with the link below. Your address is verified by that.',
    ],
    action: 'Accept the invitation',
    after: [
      'The link works once, within {{lifetime}}.',
      'If you do not know why you got this email, ignore it. Without the link, nobody can accept in your name.',
    ],
  },
  email_changed: {
    subject: '{{site}}: your email address was changed',
    lines: [
      'The email address of your account at {{site}} was changed on {{time}}. You can no longer sign in with this address.',
      'If this was not you, contact {{site}} right away.',
    ],
  },
  username_changed: {
    subject: '{{site}}: your username was changed',
    lines: [
      'The username of your account at {{site}} was changed on {{time}}. You can no longer sign in with the former one.',
      `${NOT_YOU} Then contact {{site}}.`,
    ],
  },
  password_changed: {
    subject: '{{site}}: your password was changed',
    lines: ['The password of your account at {{site}} was changed on {{time}}.', NOT_YOU],
  },
  account_deleted: {
    subject: '{{site}}: your account was deleted',
    lines: [
      'Your account at {{site}} was deleted on {{time}}, and all of its sessions were ended.',
      'If this was not you, contact {{site}}.',
    ],
  },
  new_device: {
    subject: '{{site}}: new sign-in',
    lines: [
      'There was a new sign-in to your account at {{site}} on {{time}}: {{device}}, IP address {{ip}}.',
      NOT_YOU,
    ],
  },
  session_reused: {
    subject: '{{site}}: a session was ended',
    lines: [
      'On {{time}}, a session of your account at {{site}} ({{device}}) was ended because an old copy of its cookie was used. Someone else may have had that copy.',
      'Sign in again. If you do not know what caused this, set a new password.',
    ],
  },
  factor_added: {
    subject: '{{site}}: {{factor}} added',
    lines: [
      'A second factor ({{factor}}) was added to your account at {{site}} on {{time}}. Your other sessions were ended.',
      NOT_YOU,
    ],
  },
  factor_removed: {
    subject: '{{site}}: {{factor}} removed',
    lines: [
      'A second factor ({{factor}}) was removed from your account at {{site}} on {{time}}. Your other sessions were ended.',
      NOT_YOU,
    ],
  },
  recovery_code_used: {
    subject: '{{site}}: a recovery code was used',
    lines: [
      'A recovery code of your account at {{site}} was used on {{time}}: {{device}}, IP address {{ip}}. Recovery codes left: {{left}}.',
      NOT_YOU,
    ],
  },
  recovery_codes_low: {
    subject: '{{site}}: few recovery codes left',
    lines: [
      'A recovery code of your account at {{site}} was used on {{time}}: {{device}}, IP address {{ip}}.',
      'Only {{left}} of your recovery codes are left. Make new ones on your account page.',
      NOT_YOU,
    ],
  },
  identity_linked: {
    subject: '{{site}}: {{provider}} linked',
    lines: [
      'An account at {{provider}} was linked to your account at {{site}} on {{time}}. It can be used to sign in.',
      NOT_YOU,
    ],
  },
  identity_unlinked: {
    subject: '{{site}}: {{provider}} unlinked',
    lines: [
      'An account at {{provider}} was unlinked from your account at {{site}} on {{time}}. It can no longer be used to sign in.',
      NOT_YOU,
    ],
  },
  api_key_created: {
    subject: '{{site}}: new API key',
    lines: [
      'An API key was made for your account at {{site}} on {{time}}: {{device}}, IP address {{ip}}.',
      'If this was not you, revoke it on your account page and set a new password right away.',
    ],
  },
  api_key_expires: {
    subject: '{{site}}: an API key expires soon',
    lines: [
      'An API key of your account at {{site}} expires on {{time}}. What uses it stops working then.',
      'Make a new one on your account page, and replace it where it is used.',
    ],
  },
  recovery_codes_replaced: {
    subject: '{{site}}: new recovery codes',
    lines: [
      'New recovery codes were made for your account at {{site}} on {{time}}. The former ones no longer work.',
      NOT_YOU,
    ],
  },
  factor_reset_requested: {
    subject: '{{site}}: your second factors will be removed',
    lines: [
      'On {{time}}, an operator of {{site}} asked to remove all second factors of your account. They will be removed in {{lifetime}}.',
      'If you did not ask for this, sign in and cancel it on your account page, and contact {{site}}.',
    ],
  },
  factor_removal_requested: {
    subject: '{{site}}: a second factor will be removed',
    lines: [
      'On {{time}}, an operator of {{site}} asked to remove a second factor of your account: {{factor}}. It will be removed in {{lifetime}}, and all sessions of your account will end.',
      'If you did not ask for this, sign in and cancel it on your account page, and contact {{site}}.',
    ],
  },
  factors_reset: {
    subject: '{{site}}: your second factors were removed',
    lines: [
      'All second factors of your account at {{site}} were removed on {{time}}, as an operator had announced, and all of its sessions were ended.',
      'Sign in with your password, and set up a second factor again.',
    ],
  },
  factors_dropped: {
    subject: '{{site}}: second factors were removed',
    lines: [
      'Nobody had verified the address of your account at {{site}} when second factors were added to it, so they could be somebody else’s. On {{time}} you proved that the address is yours, in a browser that had not signed in to the account, and they were removed.',
      'If you had added them yourself, add them again.',
    ],
  },
  factor_reset_cancelled: {
    subject: '{{site}}: your second factors stay',
    lines: [
      'The removal of the second factors of your account at {{site}} was cancelled on {{time}}, in a browser that is signed in to it.',
      NOT_YOU,
    ],
  },
  device_trusted: {
    subject: '{{site}}: a device is trusted',
    lines: [
      'On {{time}}, a device was trusted by your account at {{site}}: {{device}}, IP address {{ip}}. For 30 days, signing in there takes the password alone.',
      NOT_YOU,
    ],
  },
  factor_failed: {
    subject: '{{site}}: a sign-in that failed at the second factor',
    lines: [
      'On {{time}}, someone passed the first step of signing in to your account at {{site}}, such as the password, and failed at the second: {{device}}, IP address {{ip}}. They were not let in.',
      'If it was you, there is nothing to do. Otherwise someone probably knows your password: set a new one now.',
    ],
  },
  account_locked: {
    subject: '{{site}}: your account is locked',
    lines: [
      'Too many wrong passwords were entered, so your account at {{site}} is temporarily locked.',
      'If it was you, unlock it here, in the browser you want to sign in with:',
    ],
    action: 'Unlock account',
    after: [LINK_EXPIRES, 'If this was not you, you can ignore this email. The lock ends by itself.'],
  },
  identity_code: {
    subject: '{{site}}: {{code}} is your code',
    lines: [
      'Someone, hopefully you, wants to sign in at {{site}} with this address. Enter this code in the browser in which you started:',
      '{{code}}',
      'Or open this link in the same browser:',
    ],
    action: 'Confirm the address',
    after: [
      'The code is valid for {{lifetime}}. Give it to nobody: we never ask for it.',
      'If this was not you, you can ignore this email. Nothing happens without the code.',
    ],
  },
  login_code: {
    subject: '{{site}}: {{code}} is your code',
    lines: [
      'Someone, hopefully you, wants to sign in to your account at {{site}}. Enter this code in the browser in which you started:',
      '{{code}}',
      'Or open this link in the same browser:',
    ],
    action: 'Sign in',
    after: [
      'The code is valid for {{lifetime}}. Give it to nobody: we never ask for it.',
      'If this was not you, you can ignore this email. Nobody can sign in without the code.',
    ],
  },
  unlock_account: {
    subject: '{{site}}: unlock your account',
    lines: [
      'Someone, hopefully you, requested a link to unlock your account at {{site}}. The browser in which you open it will be able to sign in, even if others keep entering wrong passwords.',
    ],
    action: 'Unlock account',
    after: [LINK_EXPIRES, 'If this was not you, you can ignore this email. Any lock ends by itself.'],
  },
};
