import { AuthError } from '@tokenjar/client';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { settings } from '../settings.ts';
import { en, type Text } from './en.ts';
import { ko } from './ko.ts';

export const LANGUAGES = { en, ko };
export type Language = keyof typeof LANGUAGES;

const CHOSEN = 'tokenjar-language';

/** The language chosen on this page, otherwise the browser's preference. */
export function preferredLanguage(): Language {
  return [chosenHere(), ...navigator.languages].map(languageOf).find(Boolean) ?? 'en';
}

/** The supported language that matches a BCP 47 tag. */
export function languageOf(tag: string | null | undefined): Language | undefined {
  const primary = tag?.split('-')[0]?.toLowerCase();
  return primary === 'en' || primary === 'ko' ? primary : undefined;
}

/** Storage may be unavailable; the choice then lasts as long as the page. */
export function chosenHere(): string | null {
  try {
    return localStorage.getItem(CHOSEN);
  } catch {
    return null;
  }
}

export function keepLanguage(language: Language): void {
  try {
    localStorage.setItem(CHOSEN, language);
  } catch {
    // As above.
  }
}

export const LanguageContext = createContext<Language>('en');
export const useLanguage = (): Language => useContext(LanguageContext);
export const useText = (): Text => LANGUAGES[useLanguage()];

/** A date, or a date and time, in the format of the language. */
export function formatMoment(time: string, language: Language, hasTime = true): string {
  const moment = new Date(time);
  const date = { year: 'numeric', month: 'long', day: 'numeric' } as const;
  const clock = { hour: 'numeric', minute: '2-digit' } as const;
  return new Intl.DateTimeFormat(regional(language), hasTime ? { ...date, ...clock } : date)
    .formatToParts(moment)
    .map(({ type, value }) =>
      // Browsers write "PM 2:19" in Korean, and the day periods of their locale data have a night that ends at noon.
      type === 'dayPeriod' && language === 'ko' ? (moment.getHours() < 12 ? '오전' : '오후') : value,
    )
    .join('');
}

/**
 * The browser's variant of the language, such as British or American, otherwise the plain language. A Linux without a
 * locale has `en-US@posix`, which `Intl` refuses.
 */
const regional = (language: Language): string =>
  navigator.languages.find((tag) => /^[\w-]+$/.test(tag) && languageOf(tag) === language) ?? language;

/** The message for an error. */
export function sentenceFor(thrown: unknown, text: Text): string {
  if (!(thrown instanceof AuthError)) return text.somethingWrong;
  // The django dialects have no code for it.
  const code = thrown.status === 429 ? 'rate_limited' : thrown.code;
  const isOfNames = code === 'bad_credentials' && settings.signInWith !== 'email';
  const sentence = isOfNames ? text.wrongName : (text.errors[code] ?? thrown.message);
  return thrown.retryAfter === undefined ? sentence : `${sentence} ${text.tryAgainIn(thrown.retryAfter)}`;
}
