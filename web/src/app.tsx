import { useEffect, useRef, useState } from 'preact/hooks';
import { account } from './account.ts';
import { ActingBanner } from './acting-banner.tsx';
import { adminParts, loadAdmin } from './admin.ts';
import { useArrival } from './arrival.ts';
import { type Account, auth, type AuthState, useAuth } from './auth.ts';
import { Entrance } from './entrance.tsx';
import { FreshCodes, freshCodes } from './factors/fresh-codes.tsx';
import { ReauthenticationDialog } from './factors/reauthentication-dialog.tsx';
import { keyParts, loadKeys } from './keys.ts';
import { LANDINGS } from './landings/landings.ts';
import { idOf, shortNameOf } from './names.ts';
import { waiting } from './reauthentication.ts';
import { usePlace } from './place.ts';
import { providerParts } from './providers.ts';
import { pageAt, returnAddress } from './return-to.ts';
import { PasswordChange } from './sections/password-change.tsx';
import { GROUPS } from './sections/sections.ts';
import { settings } from './settings.ts';
import {
  chosenHere,
  keepLanguage,
  type Language,
  languageOf,
  LANGUAGES,
  LanguageContext,
  preferredLanguage,
  sentenceFor,
  useText,
} from './text/text.ts';
import { useTitle } from './title.ts';

export function App() {
  const [language, setLanguage] = useState(preferredLanguage);
  const state = useAuth();
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const { user } = state;
  const locale = user?.locale;
  useEffect(() => {
    // The language is the administrator's.
    if (auth.actor) return;
    const kept = languageOf(locale);
    if (kept) show(kept);
    else if (locale === null && chosenHere() !== null) choose(language);
  }, [locale]);
  const show = (chosen: Language) => {
    keepLanguage(chosen);
    setLanguage(chosen);
  };
  const choose = (chosen: Language) => {
    show(chosen);
    // Also sets the language of emails. If that fails, the page still uses it.
    if (user?.locale !== undefined && !auth.actor) account.setLocale(chosen).catch(() => {});
  };
  return (
    <LanguageContext.Provider value={language}>
      <Bar user={state.user} language={language} choose={choose} />
      <Connection />
      <ActingBanner user={user} />
      <Content {...state} />
      <Reauthentication user={user} />
      <Foot />
    </LanguageContext.Provider>
  );
}

function Content(state: AuthState) {
  const text = useText();
  const { user, failure } = state;
  const { path, hash } = usePlace();
  const codes = freshCodes.use();
  const parts = providerParts.use();
  const Landing = LANDINGS[path];
  const admin = adminParts.use();
  useEffect(() => {
    if (path === '/admin') loadAdmin();
  }, [path]);
  if (user && codes) return <FreshCodes codes={codes} />;
  if (Landing) return <Landing />;
  if (parts === undefined) return <Wait text={text.loading} />;
  if (user && returnAddress() !== undefined) return <Return />;
  if (user && path === '/admin')
    return admin ? <admin.AdminPage user={user} /> : <Wait text={text.loading} />;
  if (user)
    return path === '/change-password' ? <NewPassword user={user} /> : <Home key={idOf(user)} user={user} />;
  // Where the key of a bound session is lost, whoever is here can sign in; if it answers again, they are.
  if (user === null || isUnproven(state)) return <Entrance hash={hash} notice={farewell(state, text)} />;
  return <Wait text={failure ? text.unreachable : text.loading} />;
}

function Wait({ text }: { text: string }) {
  return (
    <main class="narrow">
      <p class="quiet" role="status">
        {text}
      </p>
    </main>
  );
}

/** Back to the app that has sent somebody here to sign in. */
function Return() {
  const text = useText();
  useEffect(() => {
    const address = returnAddress();
    if (address !== undefined) location.replace(address);
  }, []);
  return <Wait text={text.loading} />;
}

function Reauthentication({ user }: { user: Account | null | undefined }) {
  const request = waiting.use();
  return user && request ? <ReauthenticationDialog user={user} waiting={request} /> : null;
}

const isUnproven = ({ reason, failure }: AuthState): boolean =>
  reason === 'unproven' || failure?.code === 'device_proof_required';

/** Why a user who was signed in no longer is. */
function farewell(state: AuthState, text: ReturnType<typeof useText>): string {
  const { reason } = state;
  if (isUnproven(state)) return text.unproven;
  if (reason === 'expired') return text.expired;
  if (reason === 'other-tab') return text.signedOutElsewhere;
  return reason === 'logout' ? text.signedOut : '';
}

/** The target of password managers. */
function NewPassword({ user }: { user: Account }) {
  const text = useText();
  useTitle(text.changePassword);
  return (
    <main class="narrow">
      <h1>{text.changePassword}</h1>
      <PasswordChange user={user} />
      <p class="aside">
        <a href={pageAt('/')}>{text.toAccount}</a>
      </p>
    </main>
  );
}

function Home({ user }: { user: Account }) {
  const text = useText();
  useTitle(text.account);
  const heading = useRef<HTMLHeadingElement>(null);
  const parts = providerParts.use();
  const keys = keyParts.use();
  const { failure, done } = useArrival();
  useEffect(() => {
    loadKeys();
    // The focused form is gone, and a user who signs out later should see the sign-in form.
    heading.current?.focus();
    if (location.hash) location.replace('#');
  }, []);
  return (
    <main class="wide">
      <h1 ref={heading} tabIndex={-1}>
        {text.greeting(shortNameOf(user))}
      </h1>
      <p class="quiet">{text.tagline}</p>
      {failure && (
        <p class="alert" role="alert">
          {sentenceFor(failure, text)}
        </p>
      )}
      {done && (
        <p class="notice" role="status">
          {text[done]}
        </p>
      )}
      <div class="cards">
        {GROUPS.map((group, i) => (
          <div key={i} class="group">
            {group.map((Section, j) => (
              <Section key={j} user={user} />
            ))}
            {i === 1 && parts && <parts.LinkedAccounts user={user} />}
            {i === 1 && keys && <keys.ApiKeys user={user} />}
          </div>
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
      <p class="brand">
        {settings.siteLogo !== null && <img src={settings.siteLogo} alt="" />}
        {settings.siteName}
      </p>
      <button class="plain" lang={next} onClick={() => choose(next)}>
        {LANGUAGES[next].language}
      </button>
      {user && !auth.actor && <button onClick={signOut}>{text.signOut}</button>}
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
