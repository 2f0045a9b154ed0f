import type { Phrasebook } from './words.js';

const NOT_YOU =
  '본인이 아니라면 즉시 비밀번호를 새로 설정하세요. 다른 사람이 이전 비밀번호를 알고 있을 수 있습니다.';

export const KOREAN: Phrasebook = {
  unknownDevice: '알 수 없는 기기',
  factors: { totp: '인증 앱', passkey: '패스키' },
  verify_email: {
    subject: '{{site}}: 이메일 주소를 확인해 주세요',
    lines: ['이 주소로 {{site}} 계정이 만들어졌습니다. 본인이라면 아래 링크에서 주소를 확인해 주세요.'],
    action: '주소 확인하기',
    after: [
      '링크는 {{lifetime}} 동안 한 번만 사용할 수 있습니다.',
      '본인이 아니라면 링크를 열지 마세요. 확인하지 않으면 아무도 이 주소를 사용할 수 없습니다.',
    ],
  },
  account_exists: {
    subject: '{{site}}: 이미 계정이 있습니다',
    lines: [
      '이 주소로 {{site}} 계정을 만들거나 주소를 옮기려는 요청이 있었지만, 이미 계정이 있습니다. 기존 계정으로 로그인하세요.',
      '비밀번호를 잊었다면 아래에서 새로 설정하세요.',
    ],
    action: '비밀번호 새로 설정하기',
    after: [
      '링크는 {{lifetime}} 동안 한 번만 사용할 수 있습니다.',
      '본인이 아니라면 아무것도 하지 않아도 됩니다.',
    ],
  },
  choose_password: {
    subject: '{{site}}: 비밀번호를 정해 주세요',
    lines: [
      '이 주소로 {{site}} 가입 요청이 있었습니다. 이 주소에 서로 다른 비밀번호가 입력되었거나 비밀번호 재설정이 요청되어, 입력된 비밀번호는 모두 무효입니다.',
      '본인이라면 아래에서 비밀번호를 정해 주세요. 주소도 함께 확인됩니다.',
    ],
    action: '비밀번호 정하기',
    after: [
      '링크는 {{lifetime}} 동안 한 번만 사용할 수 있습니다.',
      '본인이 아니라면 링크를 열지 마세요. 확인하지 않으면 아무도 이 주소를 사용할 수 없습니다.',
    ],
  },
  reset_password: {
    subject: '{{site}}: 비밀번호 재설정',
    lines: ['{{site}} 계정의 비밀번호 재설정 요청을 받았습니다.'],
    action: '비밀번호 새로 설정하기',
    after: [
      '링크는 {{lifetime}} 동안 한 번만 사용할 수 있습니다. 모든 기기에서 로그아웃됩니다.',
      '본인이 아니라면 아무것도 하지 않아도 됩니다. 비밀번호는 그대로입니다.',
    ],
  },
  change_email: {
    subject: '{{site}}: 새 이메일 주소를 확인해 주세요',
    lines: ['이 주소를 {{site}} 계정에 사용하려는 요청이 있었습니다.'],
    action: '주소 확인하기',
    after: [
      '링크는 {{lifetime}} 동안 한 번만 사용할 수 있습니다.',
      '본인이 아니라면 아무것도 하지 않아도 됩니다.',
    ],
  },
  invitation: {
    subject: '{{site}}: 초대장이 도착했습니다',
    lines: [
      '{{site}}에 초대되었습니다. 수락하려면 아래 링크에서 비밀번호를 정해 주세요. 이메일 주소도 함께 확인됩니다.',
    ],
    action: '초대 수락하기',
    after: [
      '링크는 {{lifetime}} 동안 한 번만 사용할 수 있습니다.',
      '짐작되는 일이 없다면 이 이메일을 무시하세요. 링크 없이는 아무도 초대를 수락할 수 없습니다.',
    ],
  },
  email_changed: {
    subject: '{{site}}: 이메일 주소가 변경되었습니다',
    lines: [
      '{{time}}에 {{site}} 계정의 이메일 주소가 변경되어, 이 주소는 더 이상 사용되지 않습니다.',
      '본인이 아니라면 즉시 {{site}} 운영자에게 알려 주세요.',
    ],
  },
  username_changed: {
    subject: '{{site}}: 사용자 이름이 변경되었습니다',
    lines: [
      '{{time}}에 {{site}} 계정의 사용자 이름이 변경되어, 이전 이름으로는 더 이상 로그인할 수 없습니다.',
      `${NOT_YOU} 그런 다음 {{site}} 운영자에게 알려 주세요.`,
    ],
  },
  password_changed: {
    subject: '{{site}}: 비밀번호가 변경되었습니다',
    lines: ['{{time}}에 {{site}} 계정의 비밀번호가 변경되었습니다.', NOT_YOU],
  },
  account_deleted: {
    subject: '{{site}}: 계정이 삭제되었습니다',
    lines: [
      '{{time}}에 {{site}} 계정이 삭제되었고 모든 세션이 종료되었습니다.',
      '본인이 아니라면 {{site}} 운영자에게 알려 주세요.',
    ],
  },
  new_device: {
    subject: '{{site}}: 새로운 로그인',
    lines: ['{{time}}에 {{site}} 계정에 로그인이 있었습니다: {{device}}, IP 주소 {{ip}}.', NOT_YOU],
  },
  session_reused: {
    subject: '{{site}}: 세션이 종료되었습니다',
    lines: [
      '{{time}}에 {{site}} 계정의 세션({{device}})이 종료되었습니다. 이전 쿠키의 사본이 사용되었으며, 다른 사람이 가지고 있었을 수 있습니다.',
      '다시 로그인하세요. 짐작되는 일이 없다면 비밀번호를 새로 설정하세요.',
    ],
  },
  factor_added: {
    subject: '{{site}}: 2단계 인증 수단이 추가되었습니다({{factor}})',
    lines: [
      '{{time}}에 {{site}} 계정에 2단계 인증 수단({{factor}})이 추가되었습니다. 다른 세션은 모두 종료되었습니다.',
      NOT_YOU,
    ],
  },
  factor_removed: {
    subject: '{{site}}: 2단계 인증 수단이 삭제되었습니다({{factor}})',
    lines: [
      '{{time}}에 {{site}} 계정에서 2단계 인증 수단({{factor}})이 삭제되었습니다. 다른 세션은 모두 종료되었습니다.',
      NOT_YOU,
    ],
  },
  recovery_code_used: {
    subject: '{{site}}: 복구 코드가 사용되었습니다',
    lines: [
      '{{time}}에 {{site}} 계정의 복구 코드가 사용되었습니다: {{device}}, IP 주소 {{ip}}. 남은 복구 코드: {{left}}개.',
      NOT_YOU,
    ],
  },
  recovery_codes_low: {
    subject: '{{site}}: 복구 코드가 얼마 남지 않았습니다',
    lines: [
      '{{time}}에 {{site}} 계정의 복구 코드가 사용되었습니다: {{device}}, IP 주소 {{ip}}.',
      '복구 코드가 {{left}}개밖에 남지 않았습니다. 계정 페이지에서 새로 만드세요.',
      NOT_YOU,
    ],
  },
  identity_linked: {
    subject: '{{site}}: {{provider}} 계정이 연결되었습니다',
    lines: [
      '{{time}}에 {{provider}} 계정이 {{site}} 계정에 연결되었습니다. 이제 {{provider}} 계정으로 로그인할 수 있습니다.',
      NOT_YOU,
    ],
  },
  identity_unlinked: {
    subject: '{{site}}: {{provider}} 계정 연결이 해제되었습니다',
    lines: [
      '{{time}}에 {{provider}} 계정과 {{site}} 계정의 연결이 해제되었습니다. 이제 {{provider}} 계정으로 로그인할 수 없습니다.',
      NOT_YOU,
    ],
  },
  api_key_created: {
    subject: '{{site}}: 새 API 키',
    lines: [
      '{{time}}에 {{site}} 계정의 API 키가 만들어졌습니다: {{device}}, IP 주소 {{ip}}.',
      '본인이 아니라면 계정 페이지에서 그 키를 폐기하고 즉시 비밀번호를 새로 설정하세요.',
    ],
  },
  api_key_expires: {
    subject: '{{site}}: API 키가 곧 만료됩니다',
    lines: [
      '{{site}} 계정의 API 키가 {{time}}에 만료됩니다. 이 키를 쓰는 프로그램은 그때부터 동작하지 않습니다.',
      '계정 페이지에서 새 키를 만들어 사용하는 곳에서 바꿔 주세요.',
    ],
  },
  recovery_codes_replaced: {
    subject: '{{site}}: 새 복구 코드가 만들어졌습니다',
    lines: [
      '{{time}}에 {{site}} 계정의 복구 코드가 새로 만들어졌습니다. 이전 복구 코드는 더 이상 사용할 수 없습니다.',
      NOT_YOU,
    ],
  },
  factor_reset_requested: {
    subject: '{{site}}: 2단계 인증 수단이 삭제될 예정입니다',
    lines: [
      '{{time}}에 {{site}} 운영자가 계정의 모든 2단계 인증 수단을 삭제하도록 요청했습니다. {{lifetime}} 후에 삭제됩니다.',
      '요청한 적이 없다면 로그인하여 계정 페이지에서 취소하고 {{site}} 운영자에게 알려 주세요.',
    ],
  },
  factor_removal_requested: {
    subject: '{{site}}: 2단계 인증 수단 하나가 삭제될 예정입니다',
    lines: [
      '{{time}}에 {{site}} 운영자가 계정의 2단계 인증 수단을 삭제하도록 요청했습니다: {{factor}}. {{lifetime}} 후에 삭제되고 계정의 모든 세션이 종료됩니다.',
      '요청한 적이 없다면 로그인하여 계정 페이지에서 취소하고 {{site}} 운영자에게 알려 주세요.',
    ],
  },
  factors_reset: {
    subject: '{{site}}: 2단계 인증 수단이 삭제되었습니다',
    lines: [
      '운영자가 예고한 대로 {{time}}에 {{site}} 계정의 모든 2단계 인증 수단이 삭제되었고 모든 세션이 종료되었습니다.',
      '비밀번호로 로그인한 뒤 2단계 인증을 다시 설정하세요.',
    ],
  },
  factors_dropped: {
    subject: '{{site}}: 2단계 인증 수단이 삭제되었습니다',
    lines: [
      '{{site}} 계정에 2단계 인증 수단이 추가될 때 이메일 주소가 인증되지 않은 상태였으므로 다른 사람이 추가했을 수 있습니다. {{time}}에 이 계정에 로그인한 적이 없는 브라우저에서 주소의 주인임이 확인되어 모두 삭제되었습니다.',
      '직접 추가한 것이었다면 다시 추가하세요.',
    ],
  },
  factor_reset_cancelled: {
    subject: '{{site}}: 2단계 인증 수단이 유지됩니다',
    lines: [
      '{{time}}에 로그인된 브라우저에서 {{site}} 계정의 2단계 인증 수단 삭제가 취소되었습니다.',
      NOT_YOU,
    ],
  },
  device_trusted: {
    subject: '{{site}}: 기기를 신뢰하도록 설정했습니다',
    lines: [
      '{{time}}에 {{site}} 계정이 기기를 신뢰하도록 설정되었습니다: {{device}}, IP 주소 {{ip}}. 앞으로 30일 동안 이 기기에서는 비밀번호만으로 로그인합니다.',
      NOT_YOU,
    ],
  },
  factor_failed: {
    subject: '{{site}}: 2단계 인증에 실패한 로그인',
    lines: [
      '{{time}}에 누군가 {{site}} 계정의 로그인에서 비밀번호 등 첫 단계를 통과했지만 2단계 인증에 실패했습니다: {{device}}, IP 주소 {{ip}}. 로그인되지 않았습니다.',
      '본인이라면 아무것도 하지 않아도 됩니다. 본인이 아니라면 누군가 비밀번호를 알고 있을 수 있으니 지금 새로 설정하세요.',
    ],
  },
  account_locked: {
    subject: '{{site}}: 계정이 잠겼습니다',
    lines: [
      '잘못된 비밀번호가 너무 많이 입력되어 {{site}} 계정이 잠시 잠겼습니다.',
      '본인이라면 로그인하려는 브라우저에서 아래 링크를 열어 잠금을 해제하세요.',
    ],
    action: '계정 잠금 해제하기',
    after: [
      '링크는 {{lifetime}} 동안 한 번만 사용할 수 있습니다.',
      '본인이 아니라면 아무것도 하지 않아도 됩니다. 잠금은 저절로 풀립니다.',
    ],
  },
  identity_code: {
    subject: '{{site}}: 확인 코드 {{code}}',
    lines: [
      '이 주소로 {{site}}에 로그인하려는 요청이 있었습니다. 로그인을 시작한 브라우저에 다음 코드를 입력하세요.',
      '{{code}}',
      '또는 같은 브라우저에서 아래 링크를 여세요.',
    ],
    action: '주소 확인하기',
    after: [
      '코드는 {{lifetime}} 동안 사용할 수 있습니다. 누구에게도 알려 주지 마세요. 저희는 코드를 묻지 않습니다.',
      '본인이 아니라면 아무것도 하지 않아도 됩니다. 코드 없이는 아무 일도 일어나지 않습니다.',
    ],
  },
  login_code: {
    subject: '{{site}}: 로그인 코드 {{code}}',
    lines: [
      '{{site}} 계정으로 로그인하려는 요청이 있었습니다. 로그인을 시작한 브라우저에 다음 코드를 입력하세요.',
      '{{code}}',
      '또는 같은 브라우저에서 아래 링크를 여세요.',
    ],
    action: '로그인하기',
    after: [
      '코드는 {{lifetime}} 동안 사용할 수 있습니다. 누구에게도 알려 주지 마세요. 저희는 코드를 묻지 않습니다.',
      '본인이 아니라면 아무것도 하지 않아도 됩니다. 코드 없이는 아무도 로그인할 수 없습니다.',
    ],
  },
  unlock_account: {
    subject: '{{site}}: 계정 잠금 해제',
    lines: [
      '{{site}} 계정의 잠금을 해제하는 링크 요청을 받았습니다. 링크를 연 브라우저에서는 다른 사람의 시도와 관계없이 로그인할 수 있습니다.',
    ],
    action: '계정 잠금 해제하기',
    after: [
      '링크는 {{lifetime}} 동안 한 번만 사용할 수 있습니다.',
      '본인이 아니라면 아무것도 하지 않아도 됩니다. 잠금은 저절로 풀립니다.',
    ],
  },
};
