/** What the server tells the page, in `<meta name="tokenjar">`; written by `src/server/account-page.ts` of the server. */
export interface PageSettings {
  /** The path below which all of this is, as `/accounts`; empty at the root. */
  mount: string;
  /** Where the API is. */
  baseUrl: string;
  dialect: 'standard' | 'django' | 'django-legacy' | 'envelope';
  /** What the site is called. */
  siteName: string;
  /** What stands before the access token in the Authorization header. */
  scheme: string;
  /** Whether anybody may register. */
  registration: boolean;
  /** Whether e-mails go out, so that a reset or another one can be offered. */
  mail: boolean;
  /** Whether an address has to be verified, or can be. */
  verification: boolean;
  /** Whether the access token is shown, for who develops. */
  showToken: boolean;
  /** **Unit** characters. */
  passwordMinLength: number;
  /** Where Swagger UI is; null when it is off. */
  docsUrl: string | null;
}

const DEFAULTS: PageSettings = {
  mount: '',
  baseUrl: '/auth',
  dialect: 'standard',
  siteName: 'Tokenjar',
  scheme: 'Bearer',
  registration: true,
  mail: true,
  verification: true,
  showToken: false,
  passwordMinLength: 15,
  docsUrl: null,
};

const told = document.querySelector<HTMLMetaElement>('meta[name=tokenjar]')?.content;

export const settings: PageSettings = { ...DEFAULTS, ...(JSON.parse(told || '{}') as Partial<PageSettings>) };
