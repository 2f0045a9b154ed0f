import { AuthError } from '@tokenjar/client';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { en, type Text } from './en.ts';
import { ko } from './ko.ts';

export const LANGUAGES = { en, ko };
export type Language = keyof typeof LANGUAGES;

const CHOSEN = 'tokenjar-language';

/** What was chosen here before, else what the browser asks for. */
export function preferredLanguage(): Language {
  const wanted = [localStorage.getItem(CHOSEN), ...navigator.languages].map((tag) => tag?.slice(0, 2));
  return wanted.find((tag): tag is Language => tag === 'en' || tag === 'ko') ?? 'en';
}

export function keepLanguage(language: Language): void {
  localStorage.setItem(CHOSEN, language);
}

export const LanguageContext = createContext<Language>('en');
export const useLanguage = (): Language => useContext(LanguageContext);
export const useText = (): Text => LANGUAGES[useLanguage()];

/** What went wrong, in plain words. */
export function sentenceFor(thrown: unknown, text: Text): string {
  if (!(thrown instanceof AuthError)) return text.somethingWrong;
  const sentence = text.errors[thrown.code] ?? thrown.message;
  return thrown.retryAfter === undefined ? sentence : `${sentence} ${text.tryAgainIn(thrown.retryAfter)}`;
}
