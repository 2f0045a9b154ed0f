import type { Locator, Page } from 'playwright-core';
import { PASSWORD, uniqueEmail } from '../support/app.js';

/** What a person does on the account page, in English. */

export const emailField = (page: Page): Locator => page.getByLabel('Email address');
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
  await page.getByRole('button', { name: 'Sign in' }).click();
  await signedIn(page);
}
