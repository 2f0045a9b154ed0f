import { z } from 'zod';
import { emailField, passwordField, textField } from '../http/fields.js';

export const registrationSchema = z.object({ email: emailField, password: passwordField }).meta({
  id: 'Registration',
  examples: [{ email: 'ada@example.com', password: 'correct horse battery staple' }],
});

export const profileSchema = z
  .object({
    locale: textField(35)
      .refine(isLanguageTag, 'This is no language tag such as en or pt-BR.')
      .nullable()
      .optional()
      .meta({ description: 'BCP 47 language tag; null for none.' }),
  })
  .meta({ id: 'Profile', examples: [{ locale: 'en' }] });

export const deletionSchema = z.object({ password: passwordField }).meta({ id: 'AccountDeletion' });

export const passwordChangeSchema = z
  .object({ old_password: passwordField, new_password: passwordField })
  .meta({
    id: 'PasswordChange',
    examples: [
      { old_password: 'correct horse battery staple', new_password: 'a rather different set of words' },
    ],
  });

function isLanguageTag(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
