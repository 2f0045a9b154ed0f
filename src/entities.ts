import { AuditAnchor } from './audit/audit-anchor.entity.js';
import { AuditBatch } from './audit/audit-batch.entity.js';
import { ApiKey } from './api-keys/api-key.entity.js';
import { AuditEvent } from './audit/audit-event.entity.js';
import { Job } from './housekeeping/job.entity.js';
import { Invitation } from './invitations/invitation.entity.js';
import { StoredKey } from './keys/stored-key.entity.js';
import { Limit } from './limits/limit.entity.js';
import { OutboxEmail } from './mail/outbox-email.entity.js';
import { BlacklistEntry } from './users/blacklist/blacklist-entry.entity.js';
import { FactorReset } from './mfa/factor-reset.entity.js';
import { Factor } from './mfa/factor.entity.js';
import { RecoveryCode } from './mfa/recovery-code.entity.js';
import { TotpSecret } from './mfa/totp-secret.entity.js';
import { TotpSetup } from './mfa/totp-setup.entity.js';
import { TrustedDevice } from './mfa/trusted-device.entity.js';
import { Passkey } from './passkeys/passkey.entity.js';
import { PasskeyUser } from './passkeys/passkey-user.entity.js';
import { UsedChallenge } from './passkeys/used-challenge.entity.js';
import { Identity } from './providers/identity.entity.js';
import { UsedNonce } from './providers/used-nonce.entity.js';
import { SuspendedRecipient } from './mail/suspended-recipient.entity.js';
import { ProviderCode } from './providers/provider-code.entity.js';
import { PendingIdentity } from './providers/pending-identity.entity.js';
import { DjangoToken } from './django/django-token.entity.js';
import { DjangoUser } from './django/django-user.entity.js';
import { ImportedUser } from './transfer/imported-user.entity.js';
import { LoginCode } from './auth/login-code.entity.js';
import { PendingLogin } from './auth/pending-login.entity.js';
import { WebhookDelivery } from './webhooks/webhook-delivery.entity.js';
import { WebhookEndpoint } from './webhooks/webhook-endpoint.entity.js';
import { EndedSession } from './users/sessions/ended-session.entity.js';
import { OneTimeToken } from './users/one-time-token.entity.js';
import { PendingRegistration } from './users/pending-registration.entity.js';
import { Role } from './users/roles/role.entity.js';
import { Session } from './users/sessions/session.entity.js';
import { DeletedUser } from './users/deleted-user.entity.js';
import { User } from './users/user.entity.js';

/** All entities, for opening the database. */
export const ENTITIES: (new () => object)[] = [
  User,
  DeletedUser,
  Role,
  Session,
  EndedSession,
  BlacklistEntry,
  StoredKey,
  Job,
  Limit,
  AuditEvent,
  AuditBatch,
  AuditAnchor,
  WebhookEndpoint,
  WebhookDelivery,
  OutboxEmail,
  OneTimeToken,
  PendingRegistration,
  Invitation,
  PendingLogin,
  LoginCode,
  Factor,
  TotpSecret,
  TotpSetup,
  RecoveryCode,
  TrustedDevice,
  FactorReset,
  PasskeyUser,
  Passkey,
  UsedChallenge,
  Identity,
  PendingIdentity,
  ProviderCode,
  SuspendedRecipient,
  UsedNonce,
  ApiKey,
  DjangoUser,
  DjangoToken,
  ImportedUser,
];
