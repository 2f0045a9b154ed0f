/** What the server tells the page, in `<meta name="tokenjar">`; written by `src/page.ts` of the server. */
export interface PageSettings {
  /** Where the API is. */
  baseUrl: string;
  dialect: 'standard' | 'django' | 'django-legacy' | 'envelope';
  /** Whether anybody may register. */
  registration: boolean;
  /** **Unit** characters. */
  passwordMinLength: number;
  /** Where Swagger UI is; null when it is off. */
  docsUrl: string | null;
}

const DEFAULTS: PageSettings = {
  baseUrl: '/auth',
  dialect: 'standard',
  registration: true,
  passwordMinLength: 15,
  docsUrl: null,
};

const told = document.querySelector<HTMLMetaElement>('meta[name=tokenjar]')?.content;

export const settings: PageSettings = { ...DEFAULTS, ...(JSON.parse(told || '{}') as Partial<PageSettings>) };
