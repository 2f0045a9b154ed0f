import { useLanguage } from '../text/text.ts';

/** The words of the card. They come with it. */
const en = {
  title: 'API keys',
  hint: 'For programs that act for you. Whoever has a key can do what it may do, so keep it like a password.',
  none: 'You have none.',
  name: 'Name',
  nameHint: 'What it is for, such as “Nightly export”.',
  days: 'Days until it expires',
  scopes: 'What it may do',
  scopesNone: 'It can only say who you are: your account has no permissions to give.',
  make: 'Make a key',
  fresh: 'Your new key. Copy it now: it is not shown again.',
  key: 'New API key',
  copy: 'Copy',
  copied: 'Copied.',
  saved: 'I have saved it',
  revoke: 'Revoke',
  revokeOf: (name: string) => `Revoke ${name}`,
  revoked: 'The key does not work any more.',
  expires: (when: string) => `expires on ${when}`,
  expired: 'expired',
};

type Words = typeof en;

const ko: Words = {
  title: 'API 키',
  hint: '프로그램이 내 계정으로 동작할 때 사용합니다. 키가 있으면 누구나 그 권한을 쓸 수 있으니 비밀번호처럼 보관하세요.',
  none: '아직 없습니다.',
  name: '이름',
  nameHint: '“야간 내보내기”처럼 용도를 적어 주세요.',
  days: '유효 기간(일)',
  scopes: '허용할 권한',
  scopesNone: '계정에 줄 수 있는 권한이 없어, 키는 내가 누구인지만 알려 줍니다.',
  make: '키 만들기',
  fresh: '새 키입니다. 다시 표시되지 않으니 지금 복사하세요.',
  key: '새 API 키',
  copy: '복사',
  copied: '복사했습니다.',
  saved: '저장했습니다',
  revoke: '폐기',
  revokeOf: (name) => `${name} 폐기`,
  revoked: '이제 이 키는 동작하지 않습니다.',
  expires: (when) => `${when} 만료`,
  expired: '만료됨',
};

export const useWords = (): Words => (useLanguage() === 'ko' ? ko : en);
