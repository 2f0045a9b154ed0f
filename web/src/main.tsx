/**
 * The account page, and the reference for a frontend of your own.
 *
 * - `auth.ts` makes the client and tells components who is signed in. Nothing else touches tokens.
 * - `sections/` are the cards of somebody who is signed in. A new one: a component there, and its place in
 *   `sections.ts`.
 * - `landings/` are pages of their own that an email leads to, such as `/reset-password#token=…`. A new one: a component
 *   there, its path in `landings.ts`, and the same path in `PAGE_PATHS` of the server's `src/page.ts`.
 * - `forms/` has what every form is made of: `<Form>` sends, waits and says what went wrong; fields are named as on the
 *   wire, so that a refusal finds its field.
 * - `text/` holds every sentence, in English and in Korean; one that is missing in either does not compile.
 */
import { render } from 'preact';
import { App } from './app.tsx';

const root = document.getElementById('page');
if (root) {
  root.replaceChildren();
  render(<App />, root);
}
