import { useEffect, useRef, useState } from 'preact/hooks';
import { type Account, auth, type AuthState, useAuth } from './auth.ts';
import { Entrance } from './entrance.tsx';
import { LANDINGS } from './landings/landings.ts';
import { SECTIONS } from './sections/sections.ts';
import { settings } from './settings.ts';
import {
  keepLanguage,
  type Language,
  LANGUAGES,
  LanguageContext,
  preferredLanguage,
  sentenceFor,
  useText,
} from './text/text.ts';

export function App() {
  const [language, setLanguage] = useState(preferredLanguage);
  const state = useAuth();
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const choose = (chosen: Language) => {
    keepLanguage(chosen);
    setLanguage(chosen);
  };
  return (
    <LanguageContext.Provider value={language}>
      <Bar user={state.user} language={language} choose={choose} />
      <Connection />
      <Content {...state} />
      <Foot />
    </LanguageContext.Provider>
  );
}

function Content(state: AuthState) {
  const text = useText();
  const { user, failure } = state;
  const hash = useHash();
  const Landing = LANDINGS[location.pathname.replace(/\/$/, '')];
  if (Landing) return <Landing />;
  if (user) return <Home user={user} />;
  if (user === null) return <Entrance isNew={hash === '#sign-up'} notice={farewell(state, text)} />;
  return (
    <main class="narrow">
      <p class="quiet" role="status">
        {failure ? text.unreachable : text.loading}
      </p>
    </main>
  );
}

/** Why somebody who was signed in is no longer. */
function farewell({ reason }: AuthState, text: ReturnType<typeof useText>): string {
  if (reason === 'expired') return text.expired;
  if (reason === 'other-tab') return text.signedOutElsewhere;
  return reason === 'logout' ? text.signedOut : '';
}

function Home({ user }: { user: Account }) {
  const text = useText();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // The form that had the focus is gone, and whoever signs out later is to see the sign-in form.
    heading.current?.focus();
    if (location.hash) location.replace('#');
  }, []);
  return (
    <main class="wide">
      <h1 ref={heading} tabIndex={-1}>
        {text.greeting(user.email.split('@')[0] ?? '')}
      </h1>
      <p class="quiet">{text.tagline}</p>
      <div class="cards">
        {SECTIONS.map((Section, i) => (
          <Section key={i} user={user} />
        ))}
      </div>
    </main>
  );
}

interface BarProps {
  user: Account | null | undefined;
  language: Language;
  choose: (language: Language) => void;
}

function Bar({ user, language, choose }: BarProps) {
  const text = useText();
  const [failure, setFailure] = useState<unknown>();
  const signOut = () => {
    setFailure(undefined);
    auth.logout().catch(setFailure);
  };
  const next: Language = language === 'en' ? 'ko' : 'en';
  return (
    <header class="bar">
      <p class="brand">Tokenjar</p>
      <button class="plain" lang={next} onClick={() => choose(next)}>
        {LANGUAGES[next].language}
      </button>
      {user && <button onClick={signOut}>{text.signOut}</button>}
      {Boolean(failure) && (
        <p class="alert" role="alert">
          {sentenceFor(failure, text)}
        </p>
      )}
    </header>
  );
}

function Connection() {
  const text = useText();
  const [isOnline, setOnline] = useState(navigator.onLine);
  useEffect(() => {
    const look = () => setOnline(navigator.onLine);
    addEventListener('online', look);
    addEventListener('offline', look);
    return () => {
      removeEventListener('online', look);
      removeEventListener('offline', look);
    };
  }, []);
  return (
    <p class="banner" role="status" hidden={isOnline}>
      {isOnline ? '' : text.offline}
    </p>
  );
}

function Foot() {
  const text = useText();
  return <footer>{settings.docsUrl !== null && <a href={settings.docsUrl}>{text.apiDocs}</a>}</footer>;
}

function useHash(): string {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const look = () => setHash(location.hash);
    addEventListener('hashchange', look);
    return () => removeEventListener('hashchange', look);
  }, []);
  return hash;
}
