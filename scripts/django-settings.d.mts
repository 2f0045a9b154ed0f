/** One key of a Django site's settings, and what became of it. */
export interface DjangoSetting {
  key: string;
  theirs: string;
  fate: string;
  /** Names of our settings, as `LEEWAY=0s`, or without a value. */
  ours: string[];
  note: string;
}

export const DJANGO_SETTINGS: Record<'SIMPLE_JWT' | 'REST_AUTH' | 'JWT_AUTH' | 'Django', DjangoSetting[]>;
