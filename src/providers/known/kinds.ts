import type { BUILT_IN_PROVIDERS, ProviderSettings } from '../../config/provider-settings.js';
import type { ProviderKind } from '../provider.js';
import { apple } from './apple.js';
import { github } from './github.js';
import { google } from './google.js';
import { kakao } from './kakao.js';
import { microsoft } from './microsoft.js';
import { naver } from './naver.js';
import { openid } from './openid.js';

const BUILT_IN: Readonly<Record<(typeof BUILT_IN_PROVIDERS)[number], ProviderKind>> = {
  google,
  apple,
  github,
  kakao,
  naver,
  microsoft,
};

/** What is known of a provider of the settings: what is built in, or that it speaks OpenID. */
export const kindOf = ({ id }: Pick<ProviderSettings, 'id'>): ProviderKind =>
  Object.hasOwn(BUILT_IN, id) ? BUILT_IN[id as keyof typeof BUILT_IN] : { ...openid, name: id };
