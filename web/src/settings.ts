/**
 * The server's configuration of the page, in `<meta name="tokenjar">`; written by the server's
 * `src/server/account-page.ts`.
 */
export interface PageSettings {
  /** The path below which the page is served, such as `/accounts`; empty at the root. */
  mount: string;
  /** The path of the API. */
  baseUrl: string;
  dialect: 'standard' | 'django' | 'django-legacy' | 'envelope';
  /** The name of the site. */
  siteName: string;
  /** The address of its logo; null where it has none. */
  siteLogo: string | null;
  /** The scheme of the Authorization header. */
  scheme: string;
  /** Whether registration is open. */
  registration: boolean;
  /** What users sign in with. */
  signInWith: 'email' | 'username' | 'both';
  /** Whether an account needs an address, which is verified first. */
  addressNeeded: boolean;
  /** Whether emails are sent, so that a reset or another email can be offered. */
  mail: boolean;
  /** Whether an address has to be verified, or can be. */
  verification: boolean;
  /** Whether accounts may have second factors; and which ways of signing in there are beside the password. */
  secondFactor: boolean;
  passkeys: boolean;
  emailCode: boolean;
  /** Whether users can make API keys. */
  apiKeys: boolean;
  /** Providers to sign in with, in the order of the buttons. */
  providers: readonly { id: string; name: string }[];
  /** Whether the access token is shown, for developers. */
  showToken: boolean;
  /** **Unit** characters. */
  passwordMinLength: number;
  /** The address of Swagger UI; null if it is disabled. */
  docsUrl: string | null;
}

const DEFAULTS: PageSettings = {
  mount: '',
  baseUrl: '/auth',
  dialect: 'standard',
  siteName: 'Tokenjar',
  siteLogo: null,
  scheme: 'Bearer',
  registration: true,
  signInWith: 'email',
  addressNeeded: false,
  mail: true,
  verification: true,
  secondFactor: true,
  passkeys: true,
  emailCode: false,
  apiKeys: false,
  providers: [],
  showToken: false,
  passwordMinLength: 15,
  docsUrl: null,
};

const told = document.querySelector<HTMLMetaElement>('meta[name=tokenjar]')?.content;

export const settings: PageSettings = { ...DEFAULTS, ...(JSON.parse(told || '{}') as Partial<PageSettings>) };
