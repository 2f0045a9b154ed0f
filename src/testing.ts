/** For the tests of apps that embed Tokenjar: `tokenjar/testing`. It refuses to load in production. */
export { overrideTokenjar, type TestBuilder, type TestParts } from './testing/override.js';
export { type SignedIn, signIn, type TestSignIn } from './testing/sign-in.js';
export { TestClock } from './testing/test-clock.js';
export { type ReceivedEmail, TestMailbox } from './testing/test-mailbox.js';
