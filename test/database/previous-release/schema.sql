CREATE SCHEMA tokenjar;
CREATE FUNCTION tokenjar.delete_keys() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
      BEGIN
        DELETE FROM tokenjar.api_keys WHERE user_id = NEW.id;
        RETURN NULL;
      END $$;
CREATE FUNCTION tokenjar.keep_held_roles() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
      BEGIN
        IF EXISTS (SELECT FROM tokenjar.users WHERE roles <> '{}' AND roles @> ARRAY[OLD.name]) THEN
          RAISE foreign_key_violation USING MESSAGE = 'users have the role ' || OLD.name;
        END IF;
        PERFORM pg_notify('tokenjar_blacklist', '');
        RETURN OLD;
      END $$;
CREATE FUNCTION tokenjar.move_claims_epoch() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
  DECLARE
    moment timestamptz := clock_timestamp();
    last_expiry timestamptz := greatest(NEW.impersonated_until, greatest(
    (SELECT max(absolute_expires_at) FROM tokenjar.sessions WHERE user_id = NEW.id),
    (SELECT max(least(expires_at, moment + interval '1 day')) FROM tokenjar.api_keys WHERE user_id = NEW.id)
  ));
  BEGIN
    NEW.claims_epoch := greatest(OLD.claims_epoch + 1, floor(extract(epoch FROM moment) * 1000));
    IF last_expiry IS NOT NULL THEN
      INSERT INTO tokenjar.blacklist (user_id, claims_epoch, reason, created_at, expires_at)
      VALUES (NEW.id, NEW.claims_epoch, CASE WHEN NEW.is_active THEN 'outdated' ELSE 'user_deactivated' END, moment,
        last_expiry + interval '1 hour');
      PERFORM pg_notify('tokenjar_blacklist', '');
    END IF;
    RETURN NEW;
  END $$;
CREATE FUNCTION tokenjar.move_credentials_epoch() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
      BEGIN
        -- A new hash of the same password is no new password.
        IF current_setting('tokenjar.same_password', true) IS DISTINCT FROM 'on' THEN
          NEW.credentials_epoch := OLD.credentials_epoch + 1;
        END IF;
        RETURN NEW;
      END $$;
CREATE FUNCTION tokenjar.move_roles_epoch() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
      BEGIN
        PERFORM pg_advisory_xact_lock(hashtext('tokenjar.roles'));
        NEW.epoch := greatest(
          (SELECT max(epoch) FROM tokenjar.roles) + 1, floor(extract(epoch FROM clock_timestamp()) * 1000)
        );
        PERFORM pg_notify('tokenjar_blacklist', '');
        RETURN NEW;
      END $$;
CREATE FUNCTION tokenjar.note_factors() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
  DECLARE
    owner bigint := CASE TG_OP WHEN 'DELETE' THEN OLD.user_id ELSE NEW.user_id END;
  BEGIN
    UPDATE tokenjar.users SET
      second_factors = ARRAY(SELECT DISTINCT type FROM tokenjar.factors WHERE user_id = owner ORDER BY type),
      factors_epoch = factors_epoch + 1,
      has_unproven_factors = CASE TG_OP
        WHEN 'INSERT' THEN has_unproven_factors OR NOT email_verified
        ELSE has_unproven_factors AND (
              EXISTS (SELECT FROM tokenjar.factors WHERE user_id = owner)
              OR EXISTS (SELECT FROM tokenjar.identities WHERE user_id = owner AND is_unproven)) END
    WHERE id = owner;
    RETURN NULL;
  END $$;
CREATE FUNCTION tokenjar.note_identity() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
      BEGIN
        UPDATE tokenjar.users SET has_unproven_factors = true WHERE id = NEW.user_id AND NOT email_verified;
        RETURN NULL;
      END $$;
CREATE FUNCTION tokenjar.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
      BEGIN
        RAISE EXCEPTION 'audit events are never changed';
      END $$;
CREATE FUNCTION tokenjar.refuse_deleted_key() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
      BEGIN
        INSERT INTO tokenjar.blacklist (session_id, reason, created_at, expires_at)
        VALUES (OLD.id, 'api_key_revoked', clock_timestamp(), OLD.expires_at + interval '1 hour');
        PERFORM pg_notify('tokenjar_blacklist', '');
        RETURN NULL;
      END $$;
CREATE TABLE tokenjar.api_keys (
    id uuid NOT NULL,
    user_id bigint NOT NULL,
    name text NOT NULL,
    digest bytea NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamp(3) with time zone NOT NULL,
    expires_at timestamp(3) with time zone NOT NULL,
    last_used_at timestamp(3) with time zone,
    reminded_at timestamp(3) with time zone
);
CREATE TABLE tokenjar.audit_anchors (
    name text NOT NULL,
    number bigint NOT NULL,
    hash bytea NOT NULL,
    set_at timestamp(3) with time zone NOT NULL,
    key_id bytea NOT NULL,
    signature bytea NOT NULL
);
CREATE TABLE tokenjar.audit_batches (
    number bigint NOT NULL,
    event_ids bigint[] NOT NULL,
    digests bytea NOT NULL,
    max_event_id bigint NOT NULL,
    snapshot text,
    complete_number bigint NOT NULL,
    last_at timestamp(3) with time zone NOT NULL,
    sealed_at timestamp(3) with time zone NOT NULL,
    hash bytea NOT NULL,
    key_id bytea NOT NULL,
    signature bytea NOT NULL
);
CREATE TABLE tokenjar.audit_events (
    id bigint NOT NULL,
    at timestamp(3) with time zone NOT NULL,
    event text NOT NULL,
    outcome text NOT NULL,
    reason text,
    user_id bigint,
    session_id uuid,
    ip inet,
    user_agent text,
    request_id text,
    count integer DEFAULT 1 NOT NULL,
    actor text,
    methods text[],
    written_by bigint DEFAULT ((pg_current_xact_id())::text)::bigint
);
ALTER TABLE tokenjar.audit_events ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME tokenjar.audit_events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE tokenjar.blacklist (
    id bigint NOT NULL,
    session_id uuid,
    user_id bigint,
    began_until timestamp(3) with time zone,
    except_session_id uuid,
    reason text NOT NULL,
    created_at timestamp(3) with time zone NOT NULL,
    expires_at timestamp(3) with time zone NOT NULL,
    written_by bigint DEFAULT ((pg_current_xact_id())::text)::bigint NOT NULL,
    claims_epoch bigint,
    CONSTRAINT blacklist_concerns_one CHECK (((session_id IS NULL) <> (user_id IS NULL))),
    CONSTRAINT blacklist_user_until CHECK (((user_id IS NULL) = ((began_until IS NULL) AND (claims_epoch IS NULL))))
);
ALTER TABLE tokenjar.blacklist ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME tokenjar.blacklist_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE tokenjar.django_tokens (
    digest bytea NOT NULL,
    lookup_id uuid,
    expires_at timestamp(3) with time zone NOT NULL
);
CREATE TABLE tokenjar.django_users (
    site_key text NOT NULL,
    user_id bigint,
    seen jsonb NOT NULL,
    password_digest bytea NOT NULL,
    password_mark bytea NOT NULL,
    credentials_epoch integer NOT NULL,
    sessions_ended_at timestamp(3) with time zone,
    imported_at timestamp(3) with time zone NOT NULL
);
CREATE TABLE tokenjar.ended_sessions (
    id uuid NOT NULL,
    user_id bigint NOT NULL,
    reason text NOT NULL,
    user_agent text,
    ip inet,
    created_at timestamp(3) with time zone NOT NULL,
    last_used_at timestamp(3) with time zone NOT NULL,
    ended_at timestamp(3) with time zone NOT NULL,
    lookup_id uuid
);
CREATE TABLE tokenjar.factor_resets (
    user_id bigint NOT NULL,
    actor text,
    requested_at timestamp(3) with time zone NOT NULL,
    due_at timestamp(3) with time zone,
    factor_id uuid
);
CREATE TABLE tokenjar.factors (
    id uuid NOT NULL,
    user_id bigint NOT NULL,
    type text NOT NULL,
    name text,
    created_at timestamp(3) with time zone NOT NULL,
    last_used_at timestamp(3) with time zone
);
CREATE TABLE tokenjar.identities (
    id uuid NOT NULL,
    user_id bigint NOT NULL,
    provider text NOT NULL,
    issuer text NOT NULL,
    subject text NOT NULL,
    email text,
    is_unproven boolean NOT NULL,
    created_at timestamp(3) with time zone NOT NULL,
    last_used_at timestamp(3) with time zone,
    name text,
    revoked_at timestamp(3) with time zone
);
CREATE TABLE tokenjar.invitations (
    id uuid NOT NULL,
    email text NOT NULL,
    roles text[] DEFAULT '{}'::text[] NOT NULL,
    invited_by bigint,
    is_queued boolean NOT NULL,
    created_at timestamp(3) with time zone NOT NULL,
    expires_at timestamp(3) with time zone NOT NULL
);
CREATE TABLE tokenjar.jobs (
    name text NOT NULL,
    due_at timestamp(3) with time zone NOT NULL
);
CREATE UNLOGGED TABLE tokenjar.limits (
    key bytea NOT NULL,
    count double precision NOT NULL,
    counted_at timestamp(3) with time zone NOT NULL,
    blocked_until timestamp(3) with time zone,
    passed boolean NOT NULL,
    expires_at timestamp(3) with time zone NOT NULL,
    added double precision DEFAULT 0 NOT NULL,
    in_flight_until timestamp(3) with time zone
)
WITH (fillfactor='50');
CREATE UNLOGGED TABLE tokenjar.login_codes (
    digest bytea NOT NULL,
    email text NOT NULL,
    bound_to bytea NOT NULL,
    failures smallint DEFAULT 0 NOT NULL,
    remember boolean DEFAULT true NOT NULL,
    expires_at timestamp(3) with time zone NOT NULL,
    scope text
);
CREATE TABLE tokenjar.migrations (
    id integer NOT NULL,
    "timestamp" bigint NOT NULL,
    name character varying NOT NULL
);
CREATE SEQUENCE tokenjar.migrations_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE tokenjar.migrations_id_seq OWNED BY tokenjar.migrations.id;
CREATE TABLE tokenjar.one_time_tokens (
    digest bytea NOT NULL,
    purpose text NOT NULL,
    user_id bigint,
    bound_to bytea NOT NULL,
    email text,
    expires_at timestamp(3) with time zone NOT NULL,
    used_at timestamp(3) with time zone
);
CREATE TABLE tokenjar.outbox (
    id uuid NOT NULL,
    kind text NOT NULL,
    sealed bytea,
    attempts integer DEFAULT 0 NOT NULL,
    created_at timestamp(3) with time zone NOT NULL,
    due_at timestamp(3) with time zone NOT NULL,
    expires_at timestamp(3) with time zone NOT NULL,
    failed_at timestamp(3) with time zone,
    last_error text,
    priority smallint DEFAULT 0 NOT NULL,
    domain bytea DEFAULT '\x'::bytea NOT NULL,
    recipient bytea DEFAULT '\x'::bytea NOT NULL,
    unconfirmed integer DEFAULT 0 NOT NULL,
    CONSTRAINT outbox_wiped CHECK (((sealed IS NULL) = (failed_at IS NOT NULL)))
);
CREATE TABLE tokenjar.passkey_users (
    user_id bigint NOT NULL,
    handle bytea NOT NULL
);
CREATE TABLE tokenjar.passkeys (
    factor_id uuid NOT NULL,
    credential_id bytea NOT NULL,
    public_key bytea NOT NULL,
    counter bigint NOT NULL,
    transports text[] NOT NULL,
    aaguid uuid NOT NULL,
    is_backup_eligible boolean NOT NULL,
    is_backed_up boolean NOT NULL,
    is_discoverable boolean
);
CREATE UNLOGGED TABLE tokenjar.pending_identities (
    digest bytea NOT NULL,
    user_id bigint,
    provider text NOT NULL,
    issuer text NOT NULL,
    subject text NOT NULL,
    email text,
    expires_at timestamp(3) with time zone NOT NULL,
    remember boolean DEFAULT true NOT NULL,
    code_digest bytea,
    name text,
    scope text
);
CREATE UNLOGGED TABLE tokenjar.pending_logins (
    digest bytea NOT NULL,
    user_id bigint NOT NULL,
    methods text[] NOT NULL,
    needs text NOT NULL,
    bound_to bytea NOT NULL,
    failures smallint DEFAULT 0 NOT NULL,
    remember boolean DEFAULT true NOT NULL,
    scope text,
    expires_at timestamp(3) with time zone NOT NULL
);
CREATE TABLE tokenjar.pending_registrations (
    email text NOT NULL,
    id uuid NOT NULL,
    password_hashes text[] NOT NULL,
    known_until timestamp with time zone[] NOT NULL,
    is_open boolean NOT NULL,
    expires_at timestamp(3) with time zone NOT NULL,
    username text,
    username_folded text
);
CREATE UNLOGGED TABLE tokenjar.provider_codes (
    digest bytea NOT NULL,
    code_challenge text NOT NULL,
    provider text NOT NULL,
    issuer text NOT NULL,
    subject text NOT NULL,
    email text,
    is_email_verified boolean NOT NULL,
    name text,
    is_multi_factor boolean NOT NULL,
    remember boolean NOT NULL,
    expires_at timestamp(3) with time zone NOT NULL,
    scope text
);
CREATE TABLE tokenjar.recovery_codes (
    digest bytea NOT NULL,
    user_id bigint NOT NULL
);
CREATE TABLE tokenjar.roles (
    name text NOT NULL,
    permissions text[] DEFAULT '{}'::text[] NOT NULL,
    description text,
    epoch bigint DEFAULT 0 NOT NULL
);
CREATE TABLE tokenjar.sessions (
    id uuid NOT NULL,
    lookup_id uuid NOT NULL,
    user_id bigint NOT NULL,
    generation integer NOT NULL,
    parent_generation integer NOT NULL,
    rotated_at timestamp(3) with time zone NOT NULL,
    created_at timestamp(3) with time zone NOT NULL,
    last_used_at timestamp(3) with time zone NOT NULL,
    idle_expires_at timestamp(3) with time zone NOT NULL,
    absolute_expires_at timestamp(3) with time zone NOT NULL,
    user_agent text,
    ip inet,
    auth_methods text[] NOT NULL,
    cookie_protection smallint DEFAULT 2 NOT NULL,
    authenticated_at timestamp(3) with time zone,
    remember boolean DEFAULT true NOT NULL,
    scope text
)
WITH (fillfactor='70');
CREATE TABLE tokenjar.signing_keys (
    kid text NOT NULL,
    algorithm text NOT NULL,
    sealed_key bytea NOT NULL,
    created_at timestamp(3) with time zone NOT NULL
);
CREATE TABLE tokenjar.suspended_recipients (
    recipient bytea NOT NULL,
    is_suspended boolean NOT NULL,
    changed_at timestamp(3) with time zone NOT NULL
);
CREATE TABLE tokenjar.totp_secrets (
    factor_id uuid NOT NULL,
    sealed bytea NOT NULL,
    last_step bigint NOT NULL
);
CREATE UNLOGGED TABLE tokenjar.totp_setups (
    holder text NOT NULL,
    user_id bigint NOT NULL,
    sealed bytea NOT NULL,
    expires_at timestamp(3) with time zone NOT NULL
);
CREATE TABLE tokenjar.trusted_devices (
    id uuid NOT NULL,
    digest bytea NOT NULL,
    user_id bigint NOT NULL,
    name text,
    credentials_epoch integer NOT NULL,
    factors_epoch integer NOT NULL,
    created_at timestamp(3) with time zone NOT NULL,
    expires_at timestamp(3) with time zone NOT NULL
);
CREATE TABLE tokenjar.used_challenges (
    challenge bytea NOT NULL,
    expires_at timestamp(3) with time zone NOT NULL
);
CREATE TABLE tokenjar.used_nonces (
    digest bytea NOT NULL,
    expires_at timestamp(3) with time zone NOT NULL
);
CREATE TABLE tokenjar.users (
    id bigint NOT NULL,
    email text,
    email_verified boolean DEFAULT false NOT NULL,
    password_hash text,
    is_active boolean DEFAULT true NOT NULL,
    roles text[] DEFAULT '{}'::text[] NOT NULL,
    locale text,
    created_at timestamp(3) with time zone NOT NULL,
    last_login_at timestamp(3) with time zone,
    credentials_epoch integer DEFAULT 0 NOT NULL,
    second_factors text[] DEFAULT '{}'::text[] NOT NULL,
    factors_epoch integer DEFAULT 0 NOT NULL,
    has_unproven_factors boolean DEFAULT false NOT NULL,
    claims_epoch bigint DEFAULT 0 NOT NULL,
    impersonated_until timestamp(3) with time zone,
    username text,
    username_folded text,
    username_skeleton text,
    username_is_exact boolean DEFAULT false NOT NULL,
    CONSTRAINT users_no_address_verified CHECK (((email IS NOT NULL) OR (NOT email_verified))),
    CONSTRAINT users_username_forms CHECK ((((username IS NULL) = (username_folded IS NULL)) AND ((username IS NULL) = (username_skeleton IS NULL))))
);
ALTER TABLE tokenjar.users ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME tokenjar.users_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE tokenjar.webhook_deliveries (
    id uuid NOT NULL,
    endpoint_id uuid NOT NULL,
    event_id bigint NOT NULL,
    event text NOT NULL,
    payload text NOT NULL,
    created_at timestamp(3) with time zone NOT NULL,
    due_at timestamp(3) with time zone NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    attempts_before_replay integer DEFAULT 0 NOT NULL,
    delivered_at timestamp(3) with time zone,
    failed_at timestamp(3) with time zone,
    response_status integer,
    last_error text
);
CREATE TABLE tokenjar.webhook_endpoints (
    id uuid NOT NULL,
    url text NOT NULL,
    events text[] DEFAULT '{}'::text[] NOT NULL,
    sealed_secret bytea NOT NULL,
    created_at timestamp(3) with time zone NOT NULL,
    after_batch bigint NOT NULL,
    disabled_at timestamp(3) with time zone
);
ALTER TABLE ONLY tokenjar.migrations ALTER COLUMN id SET DEFAULT nextval('tokenjar.migrations_id_seq'::regclass);
INSERT INTO tokenjar.migrations VALUES (1, 1763683200000, 'AccountsAndSessions1763683200000');
INSERT INTO tokenjar.migrations VALUES (2, 1763942400000, 'SessionsThatEnd1763942400000');
INSERT INTO tokenjar.migrations VALUES (3, 1764100000000, 'Letters1764100000000');
INSERT INTO tokenjar.migrations VALUES (4, 1764201600000, 'LimitsAndAudit1764201600000');
INSERT INTO tokenjar.migrations VALUES (5, 1764310000000, 'PendingRegistrations1764310000000');
INSERT INTO tokenjar.migrations VALUES (6, 1764320000000, 'OutboxShares1764320000000');
INSERT INTO tokenjar.migrations VALUES (7, 1764330000000, 'DeviceEpoch1764330000000');
INSERT INTO tokenjar.migrations VALUES (8, 1764330000001, 'LimitsAdded1764330000001');
INSERT INTO tokenjar.migrations VALUES (9, 1764340000000, 'ReplacedSessions1764340000000');
INSERT INTO tokenjar.migrations VALUES (10, 1764360000000, 'SafeUserIds1764360000000');
INSERT INTO tokenjar.migrations VALUES (11, 1764370000000, 'AddressesInOneForm1764370000000');
INSERT INTO tokenjar.migrations VALUES (12, 1764370001000, 'CountedEvents1764370001000');
INSERT INTO tokenjar.migrations VALUES (13, 1764410000000, 'CredentialsEpoch1764410000000');
INSERT INTO tokenjar.migrations VALUES (14, 1764410001000, 'NamedOperators1764410001000');
INSERT INTO tokenjar.migrations VALUES (15, 1764420000000, 'AuthenticationTime1764420000000');
INSERT INTO tokenjar.migrations VALUES (16, 1764420001000, 'PendingLogins1764420001000');
INSERT INTO tokenjar.migrations VALUES (17, 1764700000000, 'Factors1764700000000');
INSERT INTO tokenjar.migrations VALUES (18, 1764710000000, 'Passkeys1764710000000');
INSERT INTO tokenjar.migrations VALUES (19, 1764720000000, 'RememberedSessions1764720000000');
INSERT INTO tokenjar.migrations VALUES (20, 1764720001000, 'LoginCodes1764720001000');
INSERT INTO tokenjar.migrations VALUES (21, 1764730000000, 'AttemptsInFlight1764730000000');
INSERT INTO tokenjar.migrations VALUES (22, 1764800000000, 'LoginCodesByEmail1764800000000');
INSERT INTO tokenjar.migrations VALUES (23, 1764810000000, 'UnprovenFactors1764810000000');
INSERT INTO tokenjar.migrations VALUES (24, 1764830000000, 'Identities1764830000000');
INSERT INTO tokenjar.migrations VALUES (25, 1764830001000, 'IdentitiesWithoutAddresses1764830001000');
INSERT INTO tokenjar.migrations VALUES (26, 1764840000000, 'PendingLoginChallenge1764840000000');
INSERT INTO tokenjar.migrations VALUES (27, 1764900000000, 'NamesOfIdentities1764900000000');
INSERT INTO tokenjar.migrations VALUES (28, 1764900001000, 'UsedNonces1764900001000');
INSERT INTO tokenjar.migrations VALUES (29, 1764900002000, 'NoticesOfProviders1764900002000');
INSERT INTO tokenjar.migrations VALUES (30, 1764900003000, 'ProviderCodes1764900003000');
INSERT INTO tokenjar.migrations VALUES (31, 1764930000000, 'Roles1764930000000');
INSERT INTO tokenjar.migrations VALUES (32, 1765000000000, 'ApiKeys1765000000000');
INSERT INTO tokenjar.migrations VALUES (33, 1765010000000, 'SearchForUsers1765010000000');
INSERT INTO tokenjar.migrations VALUES (34, 1765010001000, 'SearchForEvents1765010001000');
INSERT INTO tokenjar.migrations VALUES (35, 1765010002000, 'Impersonation1765010002000');
INSERT INTO tokenjar.migrations VALUES (36, 1765020000000, 'Invitations1765020000000');
INSERT INTO tokenjar.migrations VALUES (37, 1765030000000, 'AuditChain1765030000000');
INSERT INTO tokenjar.migrations VALUES (38, 1765030001000, 'Webhooks1765030001000');
INSERT INTO tokenjar.migrations VALUES (39, 1765100000000, 'ResetsOfOneFactor1765100000000');
INSERT INTO tokenjar.migrations VALUES (40, 1765110000000, 'ImportedHashes1765110000000');
INSERT INTO tokenjar.migrations VALUES (41, 1765120000000, 'Django1765120000000');
INSERT INTO tokenjar.migrations VALUES (42, 1765130000000, 'Usernames1765130000000');
INSERT INTO tokenjar.migrations VALUES (43, 1765130001000, 'PendingUsernames1765130001000');
INSERT INTO tokenjar.roles VALUES ('admin', '{}', NULL, 0);
SELECT pg_catalog.setval('tokenjar.audit_events_id_seq', 1, false);
SELECT pg_catalog.setval('tokenjar.blacklist_id_seq', 1, false);
SELECT pg_catalog.setval('tokenjar.migrations_id_seq', 43, true);
SELECT pg_catalog.setval('tokenjar.users_id_seq', 1, false);
ALTER TABLE ONLY tokenjar.api_keys
    ADD CONSTRAINT api_keys_digest_key UNIQUE (digest);
ALTER TABLE ONLY tokenjar.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (id);
ALTER TABLE ONLY tokenjar.audit_anchors
    ADD CONSTRAINT audit_anchors_pkey PRIMARY KEY (name);
ALTER TABLE ONLY tokenjar.audit_batches
    ADD CONSTRAINT audit_batches_pkey PRIMARY KEY (number);
ALTER TABLE ONLY tokenjar.audit_events
    ADD CONSTRAINT audit_events_pkey PRIMARY KEY (id);
ALTER TABLE ONLY tokenjar.blacklist
    ADD CONSTRAINT blacklist_pkey PRIMARY KEY (id);
ALTER TABLE ONLY tokenjar.django_tokens
    ADD CONSTRAINT django_tokens_pkey PRIMARY KEY (digest);
ALTER TABLE ONLY tokenjar.django_users
    ADD CONSTRAINT django_users_pkey PRIMARY KEY (site_key);
ALTER TABLE ONLY tokenjar.django_users
    ADD CONSTRAINT django_users_user_id_key UNIQUE (user_id);
ALTER TABLE ONLY tokenjar.ended_sessions
    ADD CONSTRAINT ended_sessions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY tokenjar.factor_resets
    ADD CONSTRAINT factor_resets_pkey PRIMARY KEY (user_id);
ALTER TABLE ONLY tokenjar.factors
    ADD CONSTRAINT factors_pkey PRIMARY KEY (id);
ALTER TABLE ONLY tokenjar.identities
    ADD CONSTRAINT identities_issuer_subject_key UNIQUE (issuer, subject);
ALTER TABLE ONLY tokenjar.identities
    ADD CONSTRAINT identities_pkey PRIMARY KEY (id);
ALTER TABLE ONLY tokenjar.invitations
    ADD CONSTRAINT invitations_email_key UNIQUE (email);
ALTER TABLE ONLY tokenjar.invitations
    ADD CONSTRAINT invitations_pkey PRIMARY KEY (id);
ALTER TABLE ONLY tokenjar.jobs
    ADD CONSTRAINT jobs_pkey PRIMARY KEY (name);
ALTER TABLE ONLY tokenjar.limits
    ADD CONSTRAINT limits_pkey PRIMARY KEY (key);
ALTER TABLE ONLY tokenjar.login_codes
    ADD CONSTRAINT login_codes_pkey PRIMARY KEY (digest);
ALTER TABLE ONLY tokenjar.migrations
    ADD CONSTRAINT migrations_pkey PRIMARY KEY (id);
ALTER TABLE ONLY tokenjar.one_time_tokens
    ADD CONSTRAINT one_time_tokens_pkey PRIMARY KEY (digest);
ALTER TABLE ONLY tokenjar.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id);
ALTER TABLE ONLY tokenjar.passkey_users
    ADD CONSTRAINT passkey_users_pkey PRIMARY KEY (user_id);
ALTER TABLE ONLY tokenjar.passkeys
    ADD CONSTRAINT passkeys_pkey PRIMARY KEY (factor_id);
ALTER TABLE ONLY tokenjar.pending_identities
    ADD CONSTRAINT pending_identities_pkey PRIMARY KEY (digest);
ALTER TABLE ONLY tokenjar.pending_logins
    ADD CONSTRAINT pending_logins_pkey PRIMARY KEY (digest);
ALTER TABLE ONLY tokenjar.pending_registrations
    ADD CONSTRAINT pending_registrations_pkey PRIMARY KEY (email);
ALTER TABLE ONLY tokenjar.provider_codes
    ADD CONSTRAINT provider_codes_pkey PRIMARY KEY (digest);
ALTER TABLE ONLY tokenjar.recovery_codes
    ADD CONSTRAINT recovery_codes_pkey PRIMARY KEY (digest);
ALTER TABLE ONLY tokenjar.roles
    ADD CONSTRAINT roles_pkey PRIMARY KEY (name);
ALTER TABLE ONLY tokenjar.sessions
    ADD CONSTRAINT sessions_lookup_id_key UNIQUE (lookup_id);
ALTER TABLE ONLY tokenjar.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY tokenjar.signing_keys
    ADD CONSTRAINT signing_keys_pkey PRIMARY KEY (kid);
ALTER TABLE ONLY tokenjar.suspended_recipients
    ADD CONSTRAINT suspended_recipients_pkey PRIMARY KEY (recipient);
ALTER TABLE ONLY tokenjar.totp_secrets
    ADD CONSTRAINT totp_secrets_pkey PRIMARY KEY (factor_id);
ALTER TABLE ONLY tokenjar.totp_setups
    ADD CONSTRAINT totp_setups_pkey PRIMARY KEY (holder);
ALTER TABLE ONLY tokenjar.trusted_devices
    ADD CONSTRAINT trusted_devices_digest_key UNIQUE (digest);
ALTER TABLE ONLY tokenjar.trusted_devices
    ADD CONSTRAINT trusted_devices_pkey PRIMARY KEY (id);
ALTER TABLE ONLY tokenjar.used_challenges
    ADD CONSTRAINT used_challenges_pkey PRIMARY KEY (challenge);
ALTER TABLE ONLY tokenjar.used_nonces
    ADD CONSTRAINT used_nonces_pkey PRIMARY KEY (digest);
ALTER TABLE ONLY tokenjar.users
    ADD CONSTRAINT users_email_key UNIQUE (email);
ALTER TABLE tokenjar.users
    ADD CONSTRAINT users_id_at_most_9007199254740991 CHECK (((id >= 1) AND (id <= '9007199254740991'::bigint))) NOT VALID;
ALTER TABLE ONLY tokenjar.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);
ALTER TABLE ONLY tokenjar.users
    ADD CONSTRAINT users_username_key UNIQUE (username);
ALTER TABLE ONLY tokenjar.webhook_deliveries
    ADD CONSTRAINT webhook_deliveries_pkey PRIMARY KEY (id);
ALTER TABLE ONLY tokenjar.webhook_endpoints
    ADD CONSTRAINT webhook_endpoints_pkey PRIMARY KEY (id);
CREATE INDEX api_keys_expires_at_idx ON tokenjar.api_keys USING btree (expires_at);
CREATE INDEX api_keys_user_id_idx ON tokenjar.api_keys USING btree (user_id);
CREATE INDEX audit_events_at_idx ON tokenjar.audit_events USING brin (at);
CREATE INDEX audit_events_event_id_idx ON tokenjar.audit_events USING btree (event, id);
CREATE INDEX audit_events_user_id_id_idx ON tokenjar.audit_events USING btree (user_id, id) WHERE (user_id IS NOT NULL);
CREATE INDEX audit_events_written_by_idx ON tokenjar.audit_events USING btree (written_by) WHERE (written_by IS NOT NULL);
CREATE INDEX blacklist_expires_at_idx ON tokenjar.blacklist USING btree (expires_at);
CREATE INDEX blacklist_written_by_idx ON tokenjar.blacklist USING btree (written_by);
CREATE INDEX django_tokens_expires_at_idx ON tokenjar.django_tokens USING btree (expires_at);
CREATE INDEX ended_sessions_ended_at_idx ON tokenjar.ended_sessions USING btree (ended_at);
CREATE INDEX ended_sessions_lookup_id_idx ON tokenjar.ended_sessions USING btree (lookup_id) WHERE (reason = 'replaced'::text);
CREATE INDEX ended_sessions_user_id_idx ON tokenjar.ended_sessions USING btree (user_id);
CREATE INDEX factor_resets_factor_id_idx ON tokenjar.factor_resets USING btree (factor_id);
CREATE INDEX factors_user_id_idx ON tokenjar.factors USING btree (user_id);
CREATE UNIQUE INDEX factors_user_id_type_idx ON tokenjar.factors USING btree (user_id, type) WHERE (type = 'totp'::text);
CREATE INDEX identities_user_id_idx ON tokenjar.identities USING btree (user_id);
CREATE INDEX invitations_expires_at_idx ON tokenjar.invitations USING btree (expires_at);
CREATE INDEX invitations_invited_by_idx ON tokenjar.invitations USING btree (invited_by);
CREATE INDEX login_codes_email_idx ON tokenjar.login_codes USING btree (email);
CREATE INDEX login_codes_expires_at_idx ON tokenjar.login_codes USING btree (expires_at);
CREATE INDEX one_time_tokens_expires_at_idx ON tokenjar.one_time_tokens USING btree (expires_at);
CREATE INDEX one_time_tokens_user_id_idx ON tokenjar.one_time_tokens USING btree (user_id);
CREATE INDEX outbox_priority_due_at_idx ON tokenjar.outbox USING btree (priority, due_at) WHERE (failed_at IS NULL);
CREATE UNIQUE INDEX passkeys_credential_id_idx ON tokenjar.passkeys USING btree (credential_id);
CREATE INDEX pending_identities_code_digest_idx ON tokenjar.pending_identities USING btree (code_digest);
CREATE INDEX pending_identities_expires_at_idx ON tokenjar.pending_identities USING btree (expires_at);
CREATE INDEX pending_identities_user_id_idx ON tokenjar.pending_identities USING btree (user_id);
CREATE INDEX pending_logins_expires_at_idx ON tokenjar.pending_logins USING btree (expires_at);
CREATE INDEX pending_logins_user_id_idx ON tokenjar.pending_logins USING btree (user_id);
CREATE INDEX pending_registrations_expires_at_idx ON tokenjar.pending_registrations USING btree (expires_at);
CREATE INDEX pending_registrations_username_idx ON tokenjar.pending_registrations USING btree (username_folded) WHERE (username_folded IS NOT NULL);
CREATE INDEX provider_codes_expires_at_idx ON tokenjar.provider_codes USING btree (expires_at);
CREATE INDEX recovery_codes_user_id_idx ON tokenjar.recovery_codes USING btree (user_id);
CREATE INDEX sessions_user_id_idx ON tokenjar.sessions USING btree (user_id);
CREATE INDEX totp_setups_expires_at_idx ON tokenjar.totp_setups USING btree (expires_at);
CREATE INDEX totp_setups_user_id_idx ON tokenjar.totp_setups USING btree (user_id);
CREATE INDEX trusted_devices_expires_at_idx ON tokenjar.trusted_devices USING btree (expires_at);
CREATE INDEX trusted_devices_user_id_idx ON tokenjar.trusted_devices USING btree (user_id);
CREATE INDEX used_challenges_expires_at_idx ON tokenjar.used_challenges USING btree (expires_at);
CREATE INDEX used_nonces_expires_at_idx ON tokenjar.used_nonces USING btree (expires_at);
CREATE INDEX users_email_idx ON tokenjar.users USING btree (email COLLATE "C");
CREATE INDEX users_imported_hash_idx ON tokenjar.users USING btree (id) WHERE ((password_hash !~~ '$argon2id$%'::text) AND (password_hash !~~ '$wrapped$%'::text));
CREATE INDEX users_inactive_idx ON tokenjar.users USING btree (id) WHERE (NOT is_active);
CREATE INDEX users_roles_idx ON tokenjar.users USING gin (roles) WHERE (roles <> '{}'::text[]);
CREATE UNIQUE INDEX users_username_folded_key ON tokenjar.users USING btree (username_folded) WHERE (NOT username_is_exact);
CREATE INDEX users_username_idx ON tokenjar.users USING btree (username_folded COLLATE "C") WHERE (username_folded IS NOT NULL);
CREATE INDEX users_username_skeleton_idx ON tokenjar.users USING btree (username_skeleton) WHERE (username_skeleton IS NOT NULL);
CREATE INDEX webhook_deliveries_created_at_idx ON tokenjar.webhook_deliveries USING btree (created_at);
CREATE INDEX webhook_deliveries_endpoint_id_due_at_idx ON tokenjar.webhook_deliveries USING btree (endpoint_id, due_at) WHERE ((delivered_at IS NULL) AND (failed_at IS NULL));
CREATE UNIQUE INDEX webhook_deliveries_endpoint_id_event_id_idx ON tokenjar.webhook_deliveries USING btree (endpoint_id, event_id);
CREATE TRIGGER api_keys_end AFTER UPDATE ON tokenjar.users FOR EACH ROW WHEN ((old.is_active AND (NOT new.is_active))) EXECUTE FUNCTION tokenjar.delete_keys();
CREATE TRIGGER api_keys_refused AFTER DELETE ON tokenjar.api_keys FOR EACH ROW EXECUTE FUNCTION tokenjar.refuse_deleted_key();
CREATE TRIGGER audit_events_are_never_changed BEFORE UPDATE ON tokenjar.audit_events FOR EACH STATEMENT EXECUTE FUNCTION tokenjar.refuse_change();
CREATE TRIGGER claims_epoch_moves BEFORE UPDATE ON tokenjar.users FOR EACH ROW WHEN (((new.roles IS DISTINCT FROM old.roles) OR (new.is_active <> old.is_active))) EXECUTE FUNCTION tokenjar.move_claims_epoch();
CREATE TRIGGER credentials_epoch_moves BEFORE UPDATE ON tokenjar.users FOR EACH ROW WHEN (((new.credentials_epoch = old.credentials_epoch) AND ((new.password_hash IS DISTINCT FROM old.password_hash) OR (new.email IS DISTINCT FROM old.email) OR (old.is_active AND (NOT new.is_active))))) EXECUTE FUNCTION tokenjar.move_credentials_epoch();
CREATE TRIGGER factors_noted AFTER INSERT OR DELETE ON tokenjar.factors FOR EACH ROW EXECUTE FUNCTION tokenjar.note_factors();
CREATE TRIGGER identities_noted AFTER INSERT ON tokenjar.identities FOR EACH ROW WHEN (new.is_unproven) EXECUTE FUNCTION tokenjar.note_identity();
CREATE TRIGGER roles_are_kept BEFORE DELETE ON tokenjar.roles FOR EACH ROW EXECUTE FUNCTION tokenjar.keep_held_roles();
CREATE TRIGGER roles_epoch_moves BEFORE INSERT OR UPDATE ON tokenjar.roles FOR EACH ROW EXECUTE FUNCTION tokenjar.move_roles_epoch();
ALTER TABLE ONLY tokenjar.api_keys
    ADD CONSTRAINT api_keys_user_id_fkey FOREIGN KEY (user_id) REFERENCES tokenjar.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY tokenjar.django_users
    ADD CONSTRAINT django_users_user_id_fkey FOREIGN KEY (user_id) REFERENCES tokenjar.users(id) ON DELETE SET NULL;
ALTER TABLE ONLY tokenjar.ended_sessions
    ADD CONSTRAINT ended_sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES tokenjar.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY tokenjar.factor_resets
    ADD CONSTRAINT factor_resets_factor_id_fkey FOREIGN KEY (factor_id) REFERENCES tokenjar.factors(id) ON DELETE CASCADE;
ALTER TABLE ONLY tokenjar.factor_resets
    ADD CONSTRAINT factor_resets_user_id_fkey FOREIGN KEY (user_id) REFERENCES tokenjar.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY tokenjar.factors
    ADD CONSTRAINT factors_user_id_fkey FOREIGN KEY (user_id) REFERENCES tokenjar.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY tokenjar.identities
    ADD CONSTRAINT identities_user_id_fkey FOREIGN KEY (user_id) REFERENCES tokenjar.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY tokenjar.invitations
    ADD CONSTRAINT invitations_invited_by_fkey FOREIGN KEY (invited_by) REFERENCES tokenjar.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY tokenjar.one_time_tokens
    ADD CONSTRAINT one_time_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES tokenjar.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY tokenjar.passkey_users
    ADD CONSTRAINT passkey_users_user_id_fkey FOREIGN KEY (user_id) REFERENCES tokenjar.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY tokenjar.passkeys
    ADD CONSTRAINT passkeys_factor_id_fkey FOREIGN KEY (factor_id) REFERENCES tokenjar.factors(id) ON DELETE CASCADE;
ALTER TABLE ONLY tokenjar.pending_identities
    ADD CONSTRAINT pending_identities_user_id_fkey FOREIGN KEY (user_id) REFERENCES tokenjar.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY tokenjar.pending_logins
    ADD CONSTRAINT pending_logins_user_id_fkey FOREIGN KEY (user_id) REFERENCES tokenjar.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY tokenjar.recovery_codes
    ADD CONSTRAINT recovery_codes_user_id_fkey FOREIGN KEY (user_id) REFERENCES tokenjar.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY tokenjar.sessions
    ADD CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES tokenjar.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY tokenjar.totp_secrets
    ADD CONSTRAINT totp_secrets_factor_id_fkey FOREIGN KEY (factor_id) REFERENCES tokenjar.factors(id) ON DELETE CASCADE;
ALTER TABLE ONLY tokenjar.totp_setups
    ADD CONSTRAINT totp_setups_user_id_fkey FOREIGN KEY (user_id) REFERENCES tokenjar.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY tokenjar.trusted_devices
    ADD CONSTRAINT trusted_devices_user_id_fkey FOREIGN KEY (user_id) REFERENCES tokenjar.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY tokenjar.webhook_deliveries
    ADD CONSTRAINT webhook_deliveries_endpoint_id_fkey FOREIGN KEY (endpoint_id) REFERENCES tokenjar.webhook_endpoints(id) ON DELETE CASCADE;
