/**
 * The account page, which is also a reference for your own frontend.
 *
 * - `auth.ts` creates the client and provides the signed-in user to components. Nothing else handles tokens.
 * - `sections/` are the cards for signed-in users. A new one: a component there, and its place in `sections.ts`.
 * - `landings/` are the pages that emails link to, such as `/reset-password#token=…`. A new one: a component there, its
 *   path in `landings.ts`, and the same path in `PAGE_PATHS` of `src/server/account-page.ts`.
 * - `forms/` has the parts of forms: `<Form>` submits, waits and shows errors; fields are named as on the wire, so that an
 *   error finds its field.
 * - `text/` has all sentences, in English and in Korean. A sentence missing in either does not compile; words for error
 *   codes are optional.
 */
import { render } from 'preact';
import { App } from './app.tsx';

const root = document.getElementById('page');
if (root) {
  root.replaceChildren();
  render(<App />, root);
}
