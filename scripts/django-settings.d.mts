/** One key of the settings of a Django site, and its equivalent. */
export interface DjangoSetting {
  key: string;
  theirs: string;
  outcome: string;
  /** Names of our settings, as `LEEWAY=0s`, or without a value. */
  ours: string[];
  note: string;
}

export const DJANGO_SETTINGS: Record<'SIMPLE_JWT' | 'REST_AUTH' | 'JWT_AUTH' | 'Django', DjangoSetting[]>;
