import type { Locator, Page } from 'playwright-core';
import { PASSWORD, uniqueEmail } from '../support/app.js';

/** What a person does on the account page, in English. */

export const emailField = (page: Page): Locator => page.getByLabel('Email address', { exact: true });
export const passwordField = (page: Page): Locator => page.getByLabel('Password', { exact: true });
/** Waits until somebody is signed in. */
export const signedIn = (page: Page): Promise<void> =>
  page.getByRole('heading', { name: 'Your sessions' }).waitFor();

export async function signUp(page: Page, url: string, email = uniqueEmail()): Promise<string> {
  await page.goto(`${url}/#sign-up`);
  await emailField(page).fill(email);
  await passwordField(page).fill(PASSWORD);
  await page.getByRole('button', { name: 'Create an account' }).click();
  await signedIn(page);
  return email;
}

export async function signIn(page: Page, url: string, email: string, password = PASSWORD): Promise<void> {
  await page.goto(url);
  await emailField(page).fill(email);
  await passwordField(page).fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await signedIn(page);
}

/** A card of the page, by its heading. */
export const card = (page: Page, name: string): Locator => page.getByRole('region', { name });

/** Fills the sign-in form, and goes no further. */
export async function enterPassword(page: Page, url: string, email: string): Promise<void> {
  await page.goto(url);
  await emailField(page).fill(email);
  await passwordField(page).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

/** Signs out, and waits for the form. */
export async function signOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await page.getByText('You are signed out.').waitFor();
}

/** Reads the recovery codes that the page shows, and says that they are saved. */
export async function saveCodes(page: Page): Promise<string[]> {
  await page.getByRole('heading', { name: 'Save your recovery codes' }).waitFor();
  const codes = await page.locator('.codes code').allTextContents();
  await page.getByLabel('I have saved these codes').check();
  await page.getByRole('button', { name: 'Continue' }).click();
  return codes;
}
