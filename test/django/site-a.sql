-- A Django site of the tests: its users, passwords, keys and tokens are invented, and belong to nobody.
-- Reduced from a database that Django 3.2 to 4.2 with simplejwt and allauth wrote.
CREATE TABLE public.auth_user (
    id integer NOT NULL,
    password character varying(128) NOT NULL,
    last_login timestamp with time zone,
    is_superuser boolean NOT NULL,
    username character varying(150) NOT NULL,
    first_name character varying(150) NOT NULL,
    last_name character varying(150) NOT NULL,
    email character varying(254) NOT NULL,
    is_staff boolean NOT NULL,
    is_active boolean NOT NULL,
    date_joined timestamp with time zone NOT NULL
);
CREATE TABLE public.auth_group (
    id integer NOT NULL,
    name character varying(150) NOT NULL
);
CREATE TABLE public.auth_user_groups (
    id integer NOT NULL,
    user_id integer NOT NULL,
    group_id integer NOT NULL
);
CREATE TABLE public.auth_user_user_permissions (
    id integer NOT NULL,
    user_id integer NOT NULL,
    permission_id integer NOT NULL
);
CREATE TABLE public.auth_permission (
    id integer NOT NULL,
    name character varying(255) NOT NULL,
    content_type_id integer NOT NULL,
    codename character varying(100) NOT NULL
);
CREATE TABLE public.django_content_type (
    id integer NOT NULL,
    app_label character varying(100) NOT NULL,
    model character varying(100) NOT NULL
);
CREATE TABLE public.account_emailaddress (
    id integer NOT NULL,
    email character varying(254) NOT NULL,
    verified boolean NOT NULL,
    "primary" boolean NOT NULL,
    user_id integer NOT NULL
);
CREATE TABLE public.socialaccount_socialaccount (
    id integer NOT NULL,
    provider character varying(200) NOT NULL,
    uid character varying(191) NOT NULL,
    last_login timestamp with time zone NOT NULL,
    date_joined timestamp with time zone NOT NULL,
    extra_data jsonb NOT NULL,
    user_id integer NOT NULL
);
CREATE TABLE public.mfa_authenticator (
    id bigint NOT NULL,
    type character varying(20) NOT NULL,
    data jsonb NOT NULL,
    user_id integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone
);
CREATE TABLE public.token_blacklist_outstandingtoken (
    id bigint NOT NULL,
    token text NOT NULL,
    created_at timestamp with time zone,
    expires_at timestamp with time zone NOT NULL,
    user_id integer,
    jti character varying(255) NOT NULL
);
CREATE TABLE public.token_blacklist_blacklistedtoken (
    id bigint NOT NULL,
    blacklisted_at timestamp with time zone NOT NULL,
    token_id bigint NOT NULL
);
INSERT INTO public.account_emailaddress (id, email, verified, "primary", user_id) VALUES (1, 'xena@example.com', true, true, 70);
INSERT INTO public.account_emailaddress (id, email, verified, "primary", user_id) VALUES (2, 'yusuf@example.com', false, true, 71);
INSERT INTO public.account_emailaddress (id, email, verified, "primary", user_id) VALUES (3, 'zoe.capital@example.com', true, true, 72);
INSERT INTO public.account_emailaddress (id, email, verified, "primary", user_id) VALUES (4, 'space-api@example.com', true, true, 73);
INSERT INTO public.account_emailaddress (id, email, verified, "primary", user_id) VALUES (6, 'many-a@example.org', false, true, 75);
INSERT INTO public.account_emailaddress (id, email, verified, "primary", user_id) VALUES (8, 'many-c@example.org', false, false, 74);
INSERT INTO public.account_emailaddress (id, email, verified, "primary", user_id) VALUES (5, 'many@example.com', true, false, 74);
INSERT INTO public.account_emailaddress (id, email, verified, "primary", user_id) VALUES (7, 'many-b@example.com', true, true, 74);
INSERT INTO public.account_emailaddress (id, email, verified, "primary", user_id) VALUES (9, 'many-d@example.org', false, false, 75);
INSERT INTO public.account_emailaddress (id, email, verified, "primary", user_id) VALUES (10, 'editor-private@example.org', true, true, 60);
INSERT INTO public.account_emailaddress (id, email, verified, "primary", user_id) VALUES (11, 'shared@example.com', true, true, 48);
INSERT INTO public.account_emailaddress (id, email, verified, "primary", user_id) VALUES (12, 'shared@example.com', false, true, 49);
INSERT INTO public.account_emailaddress (id, email, verified, "primary", user_id) VALUES (13, 'argo@example.com', true, true, 76);
INSERT INTO public.account_emailaddress (id, email, verified, "primary", user_id) VALUES (14, 'argus@example.com', true, true, 77);
INSERT INTO public.account_emailaddress (id, email, verified, "primary", user_id) VALUES (15, 'bess@example.com', true, true, 78);
INSERT INTO public.account_emailaddress (id, email, verified, "primary", user_id) VALUES (16, 'bert@example.com', true, true, 79);
INSERT INTO public.account_emailaddress (id, email, verified, "primary", user_id) VALUES (17, 'bruno@example.com', true, true, 80);
INSERT INTO public.account_emailaddress (id, email, verified, "primary", user_id) VALUES (18, 'scot@example.com', true, true, 81);
INSERT INTO public.account_emailaddress (id, email, verified, "primary", user_id) VALUES (19, 'scarlett@example.com', true, true, 82);
INSERT INTO public.account_emailaddress (id, email, verified, "primary", user_id) VALUES (20, 'ottavia@example.com', true, true, 83);
INSERT INTO public.account_emailaddress (id, email, verified, "primary", user_id) VALUES (21, 'otto@example.com', false, true, 84);
INSERT INTO public.account_emailaddress (id, email, verified, "primary", user_id) VALUES (22, 'shawn@example.com', true, true, 85);
INSERT INTO public.account_emailaddress (id, email, verified, "primary", user_id) VALUES (23, 'greta.social@example.com', true, true, 86);
INSERT INTO public.account_emailaddress (id, email, verified, "primary", user_id) VALUES (24, 'chunsik@example.com', true, true, 87);
INSERT INTO public.account_emailaddress (id, email, verified, "primary", user_id) VALUES (25, 'octo@example.org', false, true, 89);
INSERT INTO public.auth_group (id, name) VALUES (1, 'editors');
INSERT INTO public.auth_group (id, name) VALUES (2, 'Moderators');
INSERT INTO public.auth_group (id, name) VALUES (3, '고객센터');
INSERT INTO public.auth_group (id, name) VALUES (4, 'empty group');
INSERT INTO public.auth_permission (id, name, content_type_id, codename) VALUES (8, 'Can view group', 2, 'view_group');
INSERT INTO public.auth_permission (id, name, content_type_id, codename) VALUES (9, 'Can add user', 3, 'add_user');
INSERT INTO public.auth_permission (id, name, content_type_id, codename) VALUES (12, 'Can view user', 3, 'view_user');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (1, 'pbkdf2_sha256$36000$FeZIwI8wbepw$f+nEt/gpxja9pZgWXKTWQes6ELuiXdoKawhRJRXWgFI=', NULL, true, 'root', '', '', 'root@example.com', true, true, '2013-05-14 08:05:02.50437+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (2, 'md5$jEw6JTvpTT4yrzcFQ6MxpF$3987c2b92692b947fd8c80f8ddf2599f', '2013-01-01 00:00:00+00', false, 'ada.md5', '', '', 'ada-md5@example.com', false, true, '2009-02-03 04:05:06.789012+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (3, 'md5$2g3pfrSfsL4rrVYgG6TftB$6ee3c6d085644c21584cce10a39d4457', NULL, false, 'bob.md5', '', '', 'bob-md5@example.com', false, true, '2009-03-01 00:00:00+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (4, 'md5$$c43e3082a0472149fbf1345c09a2d5f8', NULL, false, 'cleo.unsalted', '', '', 'cleo-unsalted@example.com', false, true, '2008-01-01 12:00:00+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (5, '702817ebf6adb41010c888e64ae56ac6', NULL, false, 'dan.unsalted', '', '', 'dan-unsalted@example.com', false, true, '2008-01-02 12:00:00+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (6, 'sha1$$7074376a7f489f8182695679fb125999df8378dc', NULL, false, 'eve.unsalted', '', '', 'eve-unsalted@example.com', false, true, '2008-01-03 12:00:00+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (7, 'sha1$9njwqAwXn4Z5OCwJeqiEa4$5f8d19a993a8c943026432ba35dd579064fd5fe1', NULL, false, 'finn.sha1', '', '', 'finn-sha1@example.com', false, true, '2010-06-01 12:00:00+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (8, 'sha1$Em3Wn8wBlXecym25gIHptW$db51b6a53d8468e63059ab98b1bb02387da63f5b', NULL, false, 'gus.sha1', '', '', 'gus-sha1@example.com', false, true, '2010-06-02 12:00:00+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (9, 'crypt$$qTryW4q7kb.8M', NULL, false, 'hana.crypt', '', '', 'hana-crypt@example.com', false, true, '2010-06-03 12:00:00+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (10, 'bcrypt$$2b$12$0XPwOo4JUqWiplZJZug3yeP28y4iOpWHloM.wLFO8KbIB8Soy47q.', NULL, false, 'ivy.bcrypt', '', '', 'ivy-bcrypt@example.com', false, true, '2012-01-01 12:00:00+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (11, 'bcrypt$$2b$12$PsHk70Pjxhq/gnu3oOT8Y.V2SVq4bxzzmHR8b/WHzhuB1mK1vW/t.', NULL, false, 'jon.bcrypt', '', '', 'jon-bcrypt@example.com', false, true, '2012-01-02 12:00:00+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (12, 'bcrypt$$2b$12$3RnYplGlMzxTD59EnZ.6eugclfcMpIZZOzlMqd9nt8LpYryUrj/9G', NULL, false, 'joy.bcrypt', '', '', 'joy-bcrypt@example.com', false, true, '2012-01-03 12:00:00+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (13, 'pbkdf2_wrapped_sha1$120000$f5JZszBK9XrG$wfcb4wAnnnVgR1xbY5byxPOwtklPIL8tKnBzM5lRlLU=', NULL, false, 'kim.wrapped', '', '', 'kim-wrapped@example.com', false, true, '2010-07-01 12:00:00+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (14, 'argon2$argon2i$v=19$m=512,t=2,p=2$UzR3UzV2VDRRc29Hc1NwcHlLR1RCMg$BzdZjx28VezxGQLOUxPHcg', NULL, false, 'lee.argon2i', '', '', 'lee-argon2i@example.com', false, true, '2018-01-01 12:00:00+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (15, 'pbkdf2_sha1$260000$wWcZveABTl5EgrvSB6mCUQ$XL3jwmDTZsK99omK8uKzKW427UY=', NULL, false, 'mia.pbkdf2sha1', '', '', 'mia-pbkdf2sha1@example.com', false, true, '2012-04-01 12:00:00+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (16, 'pbkdf2_sha256$36000$dqXvYjXkYw96$7O00kLGjkZgzGCwRBo26w4z1n1u9iyVkt2farl2ruQU=', '1969-12-31 23:59:59.999999+00', false, 'moon.landing', '', '', 'moon-landing@example.com', false, true, '1969-07-20 20:17:40+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (17, 'pbkdf2_sha256$36000$siYRh1oTut9Y$soCNxy5XKT6fnXE8qLqmdgc4epTM0v9i6BP4HToa3I4=', NULL, false, 'year.one', '', '', 'year-one@example.com', false, true, '0001-01-01 00:00:00+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (18, '', NULL, false, 'empty.hash', '', '', 'empty-hash@example.com', false, true, '2011-01-01 00:00:00+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (19, '!', NULL, false, 'bang.only', '', '', 'bang-only@example.com', false, true, '2011-01-02 00:00:00+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (20, 'changeme', NULL, false, 'gibberish', '', '', 'gibberish@example.com', false, true, '2011-01-03 00:00:00+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (21, 'sha512_crypt$$6$rounds=5000$TESTONLY$0123456789abcdef', NULL, false, 'foreign.hash', '', '', 'foreign-hash@example.com', false, true, '2011-01-04 00:00:00+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (24, 'pbkdf2_sha256$36000$okaf1MyfdQCV$aqYBsQlyE+LSGCwtPTbKKcf1FqB1BnP7/5cXdn8+8Zo=', '2019-06-03 10:00:03.118737+00', false, 'nora', '', '', 'nora@example.com', false, true, '2019-06-03 09:00:01.185755+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (23, '!rAj5ScqudvfjB7iZXnjIpgy3NElrkDnkemNIMAsB', NULL, false, 'unusable', '', '', 'unusable@example.com', false, true, '2014-01-05 00:00:00+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (38, 'pbkdf2_sha256$260000$wPSg1PGEra1wS676Vjzs1R$lRgVdXbS1PqrAIC2jqD0GCrW/1CDxj9n2KIgLOlUJlA=', NULL, false, 'ada@example.org', '', '', 'other-address@example.com', false, true, '2021-09-10 08:00:03.192687+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (25, 'pbkdf2_sha256$36000$HVQ32X0Irka1$Q+ZEaXMX5qZKojEi7Kf14Ogxw6z7BrEcGwuClIvrKZ8=', '2019-06-04 10:00:00.061059+00', false, 'omar', '', '', 'omar@example.com', false, true, '2019-06-03 09:00:01.270138+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (26, 'pbkdf2_sha256$36000$FziRjGHc7vOg$S1ZXV0K80t1T4COXHJSp1tmsmk95Qw53R4WE7NxBsHk=', '2019-07-01 10:00:00.061531+00', false, 'pia', '', '', 'pia@example.com', false, true, '2019-06-03 09:00:01.300584+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (27, 'pbkdf2_sha256$36000$SbbCfxXr1trh$Nd8YIam5ZN7ePUAMU24+WzMF5knHkEhSgZrNW5icMio=', '2019-07-02 10:00:00.100106+00', false, 'quinn', '', '', 'quinn@example.com', false, true, '2019-06-03 09:00:01.331583+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (29, 'pbkdf2_sha256$260000$GE3YreIAm7YcXy7Ckj9R4A$n4lSF3NOFRkqQx98dkgAlVwY81G++5CtJeJY+/iiUnc=', '2021-09-11 10:00:00.170893+00', false, 'sam', '', '', 'sam@example.com', false, true, '2021-09-10 08:00:02.048863+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (30, 'pbkdf2_sha256$260000$y4jQhbJBCoNWqAMbjrWxPO$AefGkiwWP5iciF6ZZAnH6KRfAeo8DahZEXpI/RPMBts=', '2021-09-12 10:00:00.182456+00', false, 'tariq', '', '', 'tariq@example.com', false, true, '2021-09-10 08:00:02.20245+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (31, 'pbkdf2_sha256$260000$eSIBXsJQxoHEuJ9VwrZ0ym$aIOiJDOgcSprTmjez1njPcPcSrJgl7zr0bUb2f1L5Fo=', '2021-10-01 10:00:00.095602+00', false, '정민', '정민', '김', 'jeongmin@example.com', false, true, '2021-09-10 08:00:02.346103+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (32, 'pbkdf2_sha256$260000$8yeFz60ItDqbeZoZJjX0XG$a5ZyHVuh0UKq2u53c166P++bsjjS3JYgsEv9y58MZhs=', '2021-10-01 10:00:00.219343+00', false, 'Ævar', '', '', 'aevar@example.com', false, true, '2021-09-10 08:00:02.436635+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (48, 'pbkdf2_sha256$600000$4vNtKOmU9tA6xkIW3FSAn8$8QBk44AADCPF81nUuJqSWYX4luPAabE7f99c4p+85uI=', NULL, false, 'dup.one', '', '', 'shared@example.com', false, true, '2024-11-05 08:00:03.525976+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (33, 'pbkdf2_sha256$260000$boTal8qEPcD5RRd5MNtrT9$YQN9cyGW1uzEvwOahFargi4yprfWKTxueqDXdJ7G7iI=', NULL, false, 'ﬁona', '', '', 'fiona-ligature@example.com', false, true, '2021-09-10 08:00:02.518622+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (34, 'pbkdf2_sha256$260000$RANtxWEzrjh7NE0x3nEHf1$fMNOqva5RygE/1K8OPW6w3/PmYUufQF65TKpCbOtdig=', NULL, false, 'fiona', '', '', 'fiona@example.com', false, true, '2021-09-10 08:00:02.653586+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (36, 'pbkdf2_sha256$260000$hA2BkEP10n165uOhJuVX8W$7ZanF5Zp2NUA+AxTujBjZaAD1wN381VGdi0y0au9HRs=', '2022-01-01 10:00:00.473541+00', false, 'walter', '', '', 'walter-small@example.com', false, true, '2021-09-10 08:00:02.986205+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (40, 'pbkdf2_sha256$260000$ts5y2JHBnVhsF50AZxUACf$hD9N7pRy6lrthubhXGVVStpz8qLaT/7/2qC6dSqDKjg=', '2021-11-01 10:00:00.252262+00', false, 'wim', '', '', 'wim@example.com', false, false, '2021-09-10 08:00:03.441361+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (37, 'pbkdf2_sha256$260000$FkJRulYq7uQW8jiFPh79fK$iEpSv4afwZZX7KSBwyhuV29DkmXrksfPC2BD9/o6XT0=', NULL, false, 'at@plus+dot.under_score-', '', '', 'marks@example.com', false, true, '2021-09-10 08:00:03.100092+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (35, 'pbkdf2_sha256$260000$qYBXuaSAYldfbCNYKj74oc$vEyzg7Tr4LT/+XYDNm3sZu2xPkf4HXvOVV09EIo/G5A=', '2022-01-01 10:00:00.245018+00', false, 'Walter', '', '', 'walter-big@example.com', false, true, '2021-09-10 08:00:02.840274+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (42, 'pbkdf2_sha256$600000$GG3EPtakuEljGOGmjylmw4$oMWTSDve8DFVNaUH9HhNhC+lZsK/vdiK4Zd4mjQhTBg=', '2026-11-13 09:00:03.104296+00', false, 'nfc', '', '', 'nfc@example.com', false, true, '2021-09-10 08:00:03.724201+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (43, 'pbkdf2_sha256$600000$5io8g2B4OqBtAFXFArJl82$ZwSAVZi0TyGtB8We1ZTWOt2gRdlbTmLE1O3lz7jkDbI=', '2026-11-13 09:00:03.73383+00', false, 'nfd', '', '', 'nfd@example.com', false, true, '2021-09-10 08:00:03.870362+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (44, 'pbkdf2_sha256$260000$UsptRuu8y2dJJ91Dq3N2fv$6bHaiHVc1Gt5IWKZHUfAJK+UAYabHTGRZorUdL+T4Fs=', NULL, false, 'space.orm', '', '', 'space-orm@example.com', false, true, '2021-09-10 08:00:03.950924+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (45, 'pbkdf2_sha256$600000$lly8j1dbicHqwxo849hRUQ$bmPuHu2Ex63QF6M/2+SL3c1PqYWh7JEXVMskXW6F0Xc=', '2026-11-13 09:00:04.442905+00', false, 'long', '', '', 'long@example.com', false, true, '2021-09-10 08:00:04.06393+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (46, 'pbkdf2_sha256$600000$0oUWQokU6AlpCb7SoenB0p$/XjAMONThjn3MRUIhWHlvp5M6geiTNwVCVVp1mRkNDE=', '2026-11-13 09:00:04.877067+00', false, 'long.ko', '', '', 'long-ko@example.com', false, true, '2021-09-10 08:00:04.164633+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (47, 'pbkdf2_sha256$260000$29BDz07HUDjrSbDI9AUoR2$U4kHSql+2AhMvx0z5Idm7GCXk9OTzuidQeeVDht3Cd4=', NULL, false, 'never', '', '', 'never@example.com', false, true, '2021-09-10 08:00:04.361935+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (28, 'pbkdf2_sha256$260000$auavJgxFneDucAYZz2ZH28$zUzxXPP3nWAzdv7AxO/tri2rp6AqZkVWKJqD374OqzI=', '2021-09-10 10:00:02.172475+00', false, 'rosa', '', '', 'rosa@example.com', false, true, '2021-09-10 08:00:01.87847+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (39, 'pbkdf2_sha256$260000$h9IHAEcVgNO7lf6EebBopG$vSlczrX8I9kbUSjjOO4vu2eHAVT7O+yyMO5ch5l5ois=', '2021-11-01 10:00:00.126858+00', false, 'vera', '', '', 'vera@example.com', false, false, '2021-09-10 08:00:03.338555+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (49, 'pbkdf2_sha256$600000$V4cjjfNpQCM6DWoNxAYLAW$dn6b7RqL8YirYaYR+EqltJ7QipR/3hNGMkbkJGFLSnQ=', NULL, false, 'dup.two', '', '', 'shared@example.com', false, true, '2024-11-05 08:00:03.955592+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (50, 'pbkdf2_sha256$600000$L5LI1Ajw6RblQJxT4AE01t$fNC+077+Gw4Krg19FtQf3XIHsZckhPCnTQHCnT3a4aA=', NULL, false, 'case.mixed', '', '', 'Mixed.Case@example.com', false, true, '2024-11-05 08:00:04.649453+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (52, 'pbkdf2_sha256$600000$FvtnZMYHvHriZitNeVeHfQ$OqGp9AwjOpI87Vo5GU9ZVv3ImxlaLv3ppF/4ZWRI/pQ=', NULL, false, 'case.only', '', '', 'Only.Capitals@example.com', false, true, '2024-11-05 08:00:05.763425+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (53, 'pbkdf2_sha256$600000$8BiUTgHr95h7MnFyEYiIyA$rv6NYYBrs8igdkpt1n8mLcjUYezA5lBBMCQ9ZmeE6Nw=', NULL, false, 'no.email', '', '', '', false, true, '2024-11-05 08:00:06.161068+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (54, 'pbkdf2_sha256$600000$e8xhwqU9NW6wz43UXGOqUW$spMFEcSpFgS/SJg4EC4KHQQovRcwmwrrEB0m7O5mZxc=', NULL, false, 'no.email.two', '', '', '', false, true, '2024-11-05 08:00:06.524808+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (55, 'pbkdf2_sha256$600000$qSZSmeAO7BHvE2oObXANkb$QVoo6EWenoRsweFbMYVrBldXTpgH3+TP8Z5oZxF8q/0=', NULL, false, 'not.an.address', '', '', 'not an address', false, true, '2024-11-05 08:00:06.864486+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (56, 'pbkdf2_sha256$600000$C4TEUmENMrErWJrCofQKRS$fI1J+k5TniLuUOMLCkamaIQ6MhMZIIsMGKHADtxTqnU=', NULL, false, 'jose', '', '', 'josé@example.com', false, true, '2024-11-05 08:00:07.129649+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (57, 'pbkdf2_sha256$600000$w2SNZicWt8jE0ZM3LGlb4p$ecStSPdqRK2gLPdfJrbIXOwX0hAO115Mdtx62hTHka0=', NULL, false, 'haneul', '', '', '김하늘@example.com', false, true, '2024-11-05 08:00:07.374216+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (64, 'pbkdf2_sha256$600000$wT6Lc37sdRYn6T2JGagK0o$3RETTRawRlfS9cth5b5G5Hvvzn+U9Oco0/c6P8sPoWI=', '2026-11-19 10:00:02.261574+00', false, 'emoji', '', '', 'emoji@example.com', false, true, '2024-11-05 08:00:11.115003+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (59, 'pbkdf2_sha256$600000$F4WS2sFqO14ljB91VhUYBK$xLGOH5jlS3TM/4uCUibbYRw0XousHp0AhWEFU4c76jA=', NULL, false, 'clerk', '', '', 'clerk@example.com', true, true, '2024-11-05 08:00:08.142193+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (61, 'pbkdf2_sha256$600000$9pJKYUlxxE9WDLoYohUYDs$tw/hhKIlRDFRZNg5ItmNZrABvOFbiDDJ68yyP0l1WWY=', NULL, false, 'mod', '', '', 'mod@example.com', false, true, '2024-11-05 08:00:09.298567+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (62, 'pbkdf2_sha256$600000$11RMl6HnzUtgzbT6t3WYmu$4F4Tv70uS6SoPxfghaEt4avl9NiSirG8XHFMBNTnNgA=', NULL, false, 'perm', '', '', 'perm@example.com', false, true, '2024-11-05 08:00:09.91699+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (63, 'pbkdf2_sha256$600000$e4vzFVhV0m2VwRXGJs0Zai$wHKvyHt9L3oHH5+VibtdEDJyp1/K8dwjwRFZK9Uo4oY=', NULL, false, 'staff.off', '', '', 'staff-off@example.com', true, false, '2024-11-05 08:00:10.591762+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (65, 'pbkdf2_sha256$600000$wG0pkMVO0n3UZ6CslxiF8v$qZ10EqbyPMs7TRNh2Ug/yX6luAot7PeQ63jz7iqoUC0=', '2026-11-19 10:00:02.755206+00', false, 'tabs', '', '', 'tabs@example.com', false, true, '2024-11-05 08:00:11.87794+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (66, 'pbkdf2_sha256$600000$lALMOLxGEWm5D7vP2Mv3rN$P/98DI4HkfLBcwPUTI95E2B48qwluIj8lbuWEozm9JI=', NULL, false, 'changed', '', '', 'changed@example.com', false, true, '2024-11-05 08:00:12.746816+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (60, 'pbkdf2_sha256$600000$32df6FmEBMpTXEfOwCgRyI$tfym+ZeOQm3HShvEBJ/aP8T2D88F9cZjpu/s5xtRvNk=', '2026-11-20 12:00:03.719513+00', false, 'editor', '', '', 'editor@example.com', false, true, '2024-11-05 08:00:08.660709+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (83, 'pbkdf2_sha256$870000$v3LaD74zq0DfGN9rf6gBIa$ZsFUTreradg1K2CLwsz77hBefPG5Vj3ZN5HJsXbEc9E=', '2025-09-01 09:00:04.159568+00', false, 'ottavia', '', '', 'ottavia@example.com', false, true, '2025-09-01 09:00:03.21731+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (68, 'scrypt$16384$ZLeoOhP7gLJFSlhJ2Uo863$8$5$hW34xcK2mLHjSMtxNzAa0EKHFcBZ/vjmlX5CzOMyDGxoYNxM6f7Ux7TQuu8B5UAd1O+MYegcQc+D4hWNeBP7Ig==', NULL, false, 'scrypt.five', '', '', 'scrypt-five@example.com', false, true, '2024-11-05 08:00:14.603169+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (69, 'pbkdf2_sha256$1000000$dVmHMH13qCdRzlIwKTrQWN$/PIkcIU2De0frqoNGrqA3WYFYRKHIRhR0e6WiBxDCtc=', NULL, false, 'million', '', '', 'million@example.com', false, true, '2024-11-05 08:00:15.545761+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (58, 'pbkdf2_sha256$600000$3vTi09VvOvYBmwlWCV1ZDt$99Olb5wT3VWbdh6qdGdFzl3yoEzBZ5zQOidMKzIDIAA=', NULL, true, 'boss', '', '', 'boss@example.com', true, true, '2024-11-05 08:00:07.713246+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (71, 'pbkdf2_sha256$600000$8J740TXBJ4SEa4hGEXw3BX$FHeU0PAWoNtKDgBZFXo3YTlQKJtbfIpkgIpWiQzYkJ0=', '2024-11-06 10:00:06.756227+00', false, 'yusuf', '', '', 'yusuf@example.com', false, true, '2024-11-06 10:00:06.310892+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (72, 'pbkdf2_sha256$600000$2JHBjEtdMxSsHqnsDqlevw$Jm6pNVcU6C3rwhyDXJ6cwIliPrQcy8xk6H4JALCGFhY=', '2024-11-06 10:00:07.192708+00', false, 'zoe', '', '', 'zoe.capital@example.com', false, true, '2024-11-06 10:00:06.801368+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (73, 'pbkdf2_sha256$600000$q04heQoFh6fsYt8zO4xCwY$wmsEGQDPkK45Ps4NvUL0ICwM9yTRQzRm3Kxn4qvWbhI=', '2024-11-06 10:00:07.640315+00', false, 'space.api', '', '', 'space-api@example.com', false, true, '2024-11-06 10:00:07.281339+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (75, 'pbkdf2_sha256$600000$HscACBRn2Vly0dE3HKhzpk$SayRllQnN0556lqN7nWMbL2j/eYySUuf+5Dn9n8J9PQ=', '2024-11-06 10:00:08.272319+00', false, 'many.unverified', '', '', 'many-a@example.org', false, true, '2024-11-06 10:00:08.054895+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (74, 'pbkdf2_sha256$600000$hcNSE7zfGBeQPNPTQnTOh7$Q8javjHwjvfRrvrhO/CLq9XMSMg9vzJVUz2T6yHh2GU=', '2024-11-06 10:00:07.963889+00', false, 'many', '', '', 'many-b@example.com', false, true, '2024-11-06 10:00:07.681153+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (67, '!xtSWpeUMcDjyAqhBQBDkjsVGesOg8e60bJKxMs0Z', NULL, false, 'locked.out', '', '', 'locked-out@example.com', false, true, '2024-11-05 08:00:13.571138+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (76, 'argon2$argon2id$v=19$m=102400,t=2,p=8$aTdQdTJacDJvUGYwY21MUkhYWUdlVw$7DWIos5V91FGtDVAc8nTBQ', '2025-03-01 09:00:03.319985+00', false, 'argo', '', '', 'argo@example.com', false, true, '2025-03-01 09:00:02.961927+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (77, 'argon2$argon2id$v=19$m=102400,t=2,p=8$eEVoRTdQMElhZW5PNGZ4S0xGb0prVQ$D1Kd+pHYVbiByHngZFveXw', '2025-03-01 09:00:03.885995+00', false, 'argus', '', '', 'argus@example.com', false, true, '2025-03-01 09:00:03.365726+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (78, 'bcrypt_sha256$$2b$12$LqBysaJObkHTOsrUOaylmuY2SUlOD8IEbgH115NkFGWrkRctOk9Py', '2025-05-01 09:00:03.958389+00', false, 'bess', '', '', 'bess@example.com', false, true, '2025-05-01 09:00:03.475317+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (79, 'bcrypt_sha256$$2b$12$r96I9zzMZ6EbXVk989Q.Xu71SS765KZo7xBhfPJ64Uharvf/fSWJy', '2025-05-01 09:00:04.39181+00', false, 'bert', '', '', 'bert@example.com', false, true, '2025-05-01 09:00:04.043679+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (80, 'bcrypt$$2b$12$HC.APoYRtN.j4xjlnjzvIezZK4Z6admOs2Bri/BNNJXLbMRFgbrtu', '2025-06-01 09:00:03.808223+00', false, 'bruno', '', '', 'bruno@example.com', false, true, '2025-06-01 09:00:03.358571+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (81, 'scrypt$16384$fr2L44IOijEORiQnlzIBQJ$8$1$IUUH2bpdcJTfUqMlQceuuvj/32nZ2uzsd1THX2GfLBh6pACpCTvvZcklOm4xyFxCe8RoppWba6ltYXRihnB6tA==', '2025-07-01 09:00:03.718326+00', false, 'scot', '', '', 'scot@example.com', false, true, '2025-07-01 09:00:03.600049+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (82, 'scrypt$16384$avBmOFw9dmGN6ncoUXLJ2R$8$1$xBuUGUxu2T4Y0yGyhPKgUaw5Laz3vNwx+croslgDKr8coOQQQszlizBm7C+lfPPMac5/8AEdpuL9kZdMHUGwoA==', '2025-07-01 09:00:03.884632+00', false, 'scarlett', '', '', 'scarlett@example.com', false, true, '2025-07-01 09:00:03.77455+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (84, 'pbkdf2_sha256$870000$2fSHUi6IPbQOz1SvwUx9J1$tDl/59IvUUc0cW5xKN0VXvFz14YpL6dCrwLSJxzZxSE=', '2025-09-01 09:00:04.728913+00', false, 'otto', '', '', 'otto@example.com', false, true, '2025-09-01 09:00:04.287788+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (85, 'pbkdf2_sha1$600000$1PE2KwTHFm7mcSUJ8YeCsC$CcfiUg+xsmz5JeNpoTMIfy7V9HY=', '2025-10-01 09:00:04.672614+00', false, 'shawn', '', '', 'shawn@example.com', false, true, '2025-10-01 09:00:04.170291+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (86, '!7BXTUMihtAaTgZe0YD6eV1dbljZu6AUnPmF8yIrF', NULL, false, 'greta', 'Greta', 'Social', 'greta.social@example.com', false, true, '2025-02-01 10:00:03.06049+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (87, '!FAyXgZR5kSVEuptaU4HtHp0uhdT7gJmHnork4dSo', NULL, false, '춘식이', '', '', 'chunsik@example.com', false, true, '2025-02-01 10:00:03.087281+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (88, '!g42xIe9LSbfC4uxiwakOBhtRsWFkIGUbad6r7er7', NULL, false, '라이언', '', '', '', false, true, '2025-02-01 10:00:03.106519+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (89, '!cvPIPscCLpeOxwyvCw16LehD0UrFJuiU1uRKxULr', NULL, false, 'octo-test', 'Octo', 'Test', 'octo@example.org', false, true, '2025-02-01 10:00:03.111924+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (51, 'pbkdf2_sha256$600000$JviOI7mVwP0f7Azrfj7abE$DmYrZAeseb0CIQmPPBinVSLOxtbdwNzCWWZC7P6QupM=', '2026-11-20 12:00:03.944683+00', false, 'case.lower', '', '', 'mixed.case@example.com', false, false, '2024-11-05 08:00:05.252193+00');
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES (70, 'pbkdf2_sha256$600000$ITgJLfexksksACC18mDnYZ$KZk2KR5gUVmktBKpb/RX5gGowr4J0hnfhzFZyGGwejw=', '2026-11-20 12:00:03.504913+00', false, 'xena', '', '', 'xena@example.com', false, true, '2024-11-06 10:00:05.550661+00');
INSERT INTO public.auth_user_groups (id, user_id, group_id) VALUES (1, 60, 1);
INSERT INTO public.auth_user_groups (id, user_id, group_id) VALUES (2, 60, 3);
INSERT INTO public.auth_user_groups (id, user_id, group_id) VALUES (3, 61, 2);
INSERT INTO public.auth_user_groups (id, user_id, group_id) VALUES (4, 63, 1);
INSERT INTO public.auth_user_groups (id, user_id, group_id) VALUES (5, 59, 3);
INSERT INTO public.auth_user_user_permissions (id, user_id, permission_id) VALUES (1, 62, 8);
INSERT INTO public.auth_user_user_permissions (id, user_id, permission_id) VALUES (2, 62, 9);
INSERT INTO public.auth_user_user_permissions (id, user_id, permission_id) VALUES (3, 59, 12);
INSERT INTO public.django_content_type (id, app_label, model) VALUES (1, 'auth', 'permission');
INSERT INTO public.django_content_type (id, app_label, model) VALUES (2, 'auth', 'group');
INSERT INTO public.django_content_type (id, app_label, model) VALUES (3, 'auth', 'user');
INSERT INTO public.django_content_type (id, app_label, model) VALUES (4, 'contenttypes', 'contenttype');
INSERT INTO public.django_content_type (id, app_label, model) VALUES (5, 'token_blacklist', 'blacklistedtoken');
INSERT INTO public.django_content_type (id, app_label, model) VALUES (6, 'token_blacklist', 'outstandingtoken');
INSERT INTO public.django_content_type (id, app_label, model) VALUES (7, 'sites', 'site');
INSERT INTO public.django_content_type (id, app_label, model) VALUES (8, 'sessions', 'session');
INSERT INTO public.django_content_type (id, app_label, model) VALUES (9, 'account', 'emailaddress');
INSERT INTO public.django_content_type (id, app_label, model) VALUES (10, 'account', 'emailconfirmation');
INSERT INTO public.django_content_type (id, app_label, model) VALUES (11, 'socialaccount', 'socialaccount');
INSERT INTO public.django_content_type (id, app_label, model) VALUES (12, 'socialaccount', 'socialapp');
INSERT INTO public.django_content_type (id, app_label, model) VALUES (13, 'socialaccount', 'socialtoken');
INSERT INTO public.django_content_type (id, app_label, model) VALUES (14, 'mfa', 'authenticator');
INSERT INTO public.mfa_authenticator (id, type, data, user_id, created_at, last_used_at) VALUES (2, 'recovery_codes', '{"seed": "2736bed78df907a73812b30ef7add08f091c85b9", "used_mask": 18}', 70, '2025-02-02 10:00:03.078815+00', '2025-02-02 10:00:03.085628+00');
INSERT INTO public.mfa_authenticator (id, type, data, user_id, created_at, last_used_at) VALUES (1, 'totp', '{"secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"}', 70, '2025-02-02 10:00:03.062332+00', '2025-02-02 10:00:03.087154+00');
INSERT INTO public.mfa_authenticator (id, type, data, user_id, created_at, last_used_at) VALUES (3, 'totp', '{"secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"}', 58, '2025-02-02 10:00:03.092243+00', NULL);
INSERT INTO public.mfa_authenticator (id, type, data, user_id, created_at, last_used_at) VALUES (4, 'recovery_codes', '{"seed": "de748903ec5eb49b1ac976ab33dddf8bf5f2b27e", "used_mask": 0}', 58, '2025-02-02 10:00:03.096972+00', NULL);
INSERT INTO public.mfa_authenticator (id, type, data, user_id, created_at, last_used_at) VALUES (5, 'totp', '{"secret": "KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU"}', 48, '2025-02-02 10:00:03.102398+00', NULL);
INSERT INTO public.mfa_authenticator (id, type, data, user_id, created_at, last_used_at) VALUES (6, 'totp', '{"secret": "ORSXG5DPNZWHSORVORSXG5DPNZWHSORV"}', 59, '2025-02-02 10:00:03.115992+00', NULL);
INSERT INTO public.mfa_authenticator (id, type, data, user_id, created_at, last_used_at) VALUES (7, 'recovery_codes', '{"migrated_codes": ["oldcode-1", "oldcode-2", "oldcode-3"]}', 59, '2025-02-02 10:00:03.117785+00', NULL);
INSERT INTO public.socialaccount_socialaccount (id, provider, uid, last_login, date_joined, extra_data, user_id) VALUES (1, 'google', '108200000000000000001', '2025-02-01 10:00:03.076272+00', '2025-02-01 10:00:03.076287+00', '{"sub": "108200000000000000001", "name": "Greta Social", "email": "greta.social@example.com", "picture": "https://example.com/greta.png", "given_name": "Greta", "family_name": "Social", "email_verified": true}', 86);
INSERT INTO public.socialaccount_socialaccount (id, provider, uid, last_login, date_joined, extra_data, user_id) VALUES (2, 'kakao', '3100000001', '2025-02-01 10:00:03.088071+00', '2025-02-01 10:00:03.088084+00', '{"id": 3100000001, "properties": {"nickname": "춘식이", "profile_image": "https://example.com/k.jpg"}, "connected_at": "2025-02-01T00:00:00Z", "kakao_account": {"email": "chunsik@example.com", "profile": {"nickname": "춘식이", "profile_image_url": "https://example.com/k.jpg"}, "has_email": true, "is_email_valid": true, "is_email_verified": true, "email_needs_agreement": false}}', 87);
INSERT INTO public.socialaccount_socialaccount (id, provider, uid, last_login, date_joined, extra_data, user_id) VALUES (3, 'kakao', '3100000002', '2025-02-01 10:00:03.107541+00', '2025-02-01 10:00:03.107553+00', '{"id": 3100000002, "properties": {"nickname": "라이언"}, "connected_at": "2025-02-02T00:00:00Z", "kakao_account": {"profile": {"nickname": "라이언"}, "has_email": false}}', 88);
INSERT INTO public.socialaccount_socialaccount (id, provider, uid, last_login, date_joined, extra_data, user_id) VALUES (4, 'github', '583231000', '2025-02-01 10:00:03.120534+00', '2025-02-01 10:00:03.120554+00', '{"id": 583231000, "name": "Octo Test", "type": "User", "email": "octo@example.org", "login": "octo-test", "node_id": "TESTONLY", "html_url": "https://example.com/octo-test", "avatar_url": "https://example.com/o.png", "two_factor_authentication": true}', 89);
INSERT INTO public.socialaccount_socialaccount (id, provider, uid, last_login, date_joined, extra_data, user_id) VALUES (5, 'google', '108200000000000000002', '2025-02-01 10:00:03.12903+00', '2025-02-01 10:00:03.12905+00', '{"sub": "108200000000000000002", "name": "Xena", "email": "xena@example.com", "email_verified": true}', 70);
INSERT INTO public.socialaccount_socialaccount (id, provider, uid, last_login, date_joined, extra_data, user_id) VALUES (6, 'github', '583231001', '2025-02-01 10:00:03.145237+00', '2025-02-01 10:00:03.145259+00', '{"id": 583231001, "name": "Xena", "email": null, "login": "xena-test"}', 70);
INSERT INTO public.socialaccount_socialaccount (id, provider, uid, last_login, date_joined, extra_data, user_id) VALUES (7, 'google', '108200000000000000003', '2025-02-01 10:00:03.170788+00', '2025-02-01 10:00:03.17081+00', '{"sub": "108200000000000000003", "email": "private-boss@example.org", "email_verified": true}', 58);
INSERT INTO public.token_blacklist_blacklistedtoken (id, blacklisted_at, token_id) VALUES (1, '2019-06-20 10:00:00.02678+00', 2);
INSERT INTO public.token_blacklist_blacklistedtoken (id, blacklisted_at, token_id) VALUES (2, '2021-09-12 10:00:00.205423+00', 7);
INSERT INTO public.token_blacklist_blacklistedtoken (id, blacklisted_at, token_id) VALUES (3, '2021-09-12 10:00:00.226546+00', 8);
INSERT INTO public.token_blacklist_blacklistedtoken (id, blacklisted_at, token_id) VALUES (4, '2026-09-05 10:00:00.037902+00', 55);
INSERT INTO public.token_blacklist_blacklistedtoken (id, blacklisted_at, token_id) VALUES (5, '2026-09-06 10:00:00.430987+00', 56);
INSERT INTO public.token_blacklist_blacklistedtoken (id, blacklisted_at, token_id) VALUES (6, '2026-11-15 09:00:00.057182+00', 69);
INSERT INTO public.token_blacklist_blacklistedtoken (id, blacklisted_at, token_id) VALUES (7, '2026-11-16 09:00:00.011398+00', 70);
INSERT INTO public.token_blacklist_blacklistedtoken (id, blacklisted_at, token_id) VALUES (8, '2026-11-17 09:00:00.057985+00', 71);
INSERT INTO public.token_blacklist_blacklistedtoken (id, blacklisted_at, token_id) VALUES (9, '2026-11-18 09:00:00.054779+00', 72);
INSERT INTO public.token_blacklist_blacklistedtoken (id, blacklisted_at, token_id) VALUES (10, '2026-11-19 09:00:00.572358+00', 73);
INSERT INTO public.token_blacklist_blacklistedtoken (id, blacklisted_at, token_id) VALUES (11, '2026-11-19 09:00:00.670644+00', 74);
INSERT INTO public.token_blacklist_blacklistedtoken (id, blacklisted_at, token_id) VALUES (12, '2026-11-19 10:00:00.033762+00', 75);
INSERT INTO public.token_blacklist_blacklistedtoken (id, blacklisted_at, token_id) VALUES (13, '2026-11-19 10:00:00.595063+00', 76);
INSERT INTO public.token_blacklist_blacklistedtoken (id, blacklisted_at, token_id) VALUES (14, '2026-11-19 10:00:01.043732+00', 77);
INSERT INTO public.token_blacklist_blacklistedtoken (id, blacklisted_at, token_id) VALUES (15, '2026-11-19 10:00:01.453517+00', 78);
INSERT INTO public.token_blacklist_blacklistedtoken (id, blacklisted_at, token_id) VALUES (16, '2026-11-19 10:00:01.871299+00', 79);
INSERT INTO public.token_blacklist_blacklistedtoken (id, blacklisted_at, token_id) VALUES (17, '2026-11-19 10:00:01.900427+00', 80);
INSERT INTO public.token_blacklist_blacklistedtoken (id, blacklisted_at, token_id) VALUES (18, '2026-11-19 10:00:02.291516+00', 81);
INSERT INTO public.token_blacklist_blacklistedtoken (id, blacklisted_at, token_id) VALUES (19, '2026-11-19 10:00:02.800445+00', 82);
INSERT INTO public.token_blacklist_blacklistedtoken (id, blacklisted_at, token_id) VALUES (20, '2026-11-19 10:00:02.829308+00', 83);
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (1, '', '2019-06-03 10:00:03.055674+00', '2039-05-29 10:00:03+00', 24, '2e2b6d730f494cee9bb31fb5db859eda');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (2, '', '2019-06-04 10:00:00.054618+00', '2039-05-30 10:00:00+00', 25, 'c973a6635eb84ba99ea8feffe6688196');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (3, '', '2019-07-01 10:00:00.05091+00', '2039-06-26 10:00:00+00', 26, 'fbd747da76f84582ae396d7d22dc4227');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (4, '', '2019-07-02 10:00:00.07658+00', '2039-06-27 10:00:00+00', 27, '9d2d36f3642943dea0500ac910d837fb');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (5, '', '2021-09-10 10:00:02.106504+00', '2031-09-08 10:00:02+00', 28, 'e24d00b826cf42d98de4abfc673ec4b6');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (6, '', '2021-09-11 10:00:00.167218+00', '2031-09-09 10:00:00+00', 29, '48a104af2ab64874ba108b26dccbbe47');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (7, '', '2021-09-12 10:00:00.17933+00', '2031-09-10 10:00:00+00', 30, '5b0c8e079e284d0a8f57d25bbe6adc16');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (8, '', NULL, '2031-09-10 10:00:00+00', NULL, '9cdd300b902d40838bc551c835b0ff04');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (9, '', '2021-10-01 10:00:00.082623+00', '2031-09-29 10:00:00+00', 31, '8d66ff6d913640fd8ea0e369c526b518');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (10, '', '2021-10-01 10:00:00.214672+00', '2031-09-29 10:00:00+00', 32, '60c18426fc454a04934f0068272f3a61');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (11, '', '2021-11-01 10:00:00.124215+00', '2031-10-30 10:00:00+00', 39, '436dab45a3984e35a0656454e5158aa0');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (12, '', '2021-11-01 10:00:00.249695+00', '2031-10-30 10:00:00+00', 40, '82b4d4d388aa4701bdd4f79ebe6205bf');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (14, '', '2022-01-01 10:00:00.241885+00', '2031-12-30 10:00:00+00', 35, '1fb7b19a59e44cf8b6ccaf810d8b608b');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (15, '', '2022-01-01 10:00:00.469879+00', '2031-12-30 10:00:00+00', 36, '9620718e034e4bdf94f18b729f4c029f');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (13, '', '2021-11-01 10:00:00.464991+00', '2031-10-30 10:00:00+00', NULL, '60b54410017147fdbaa43248150a0c1f');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (16, '', '2024-11-06 10:00:06.104418+00', '2034-11-04 10:00:06+00', 70, 'bdbcca7ec5e341eda50a3c738290d550');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (17, '', '2024-11-06 10:00:06.736209+00', '2034-11-04 10:00:06+00', 71, '63f644c5ab1a48a1ab0c29799781e01a');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (18, '', '2024-11-06 10:00:07.179601+00', '2034-11-04 10:00:07+00', 72, '48cee0398aec4f658a48190be857621b');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (19, '', '2024-11-06 10:00:07.630599+00', '2034-11-04 10:00:07+00', 73, '34aba8c213e04a57ae349e3df6156ea9');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (20, '', '2024-11-06 10:00:07.951782+00', '2034-11-04 10:00:07+00', 74, '8293143a2f7e4d64b8436c31796b68ef');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (21, '', '2024-11-06 10:00:08.259764+00', '2034-11-04 10:00:08+00', 75, '0d887ee4e2fa4121b6d39abd703868dd');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (22, '', '2024-11-20 10:00:00.422416+00', '2034-11-18 10:00:00+00', 58, '3ab195f03f7b4aba87b8bab1fc8af735');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (23, '', '2024-11-20 10:00:00.827478+00', '2034-11-18 10:00:00+00', 59, 'f47b3a126d744a309a5e00e5dfc68b8b');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (24, '', '2024-11-20 10:00:01.150677+00', '2034-11-18 10:00:01+00', 60, 'bb37265bcd8149cbb8c2846a55469328');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (25, '', '2024-11-20 10:00:01.473853+00', '2034-11-18 10:00:01+00', 61, 'a7a46fdb4cba4c9aa9143f380758d5b4');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (26, '', '2024-11-20 10:00:01.835558+00', '2034-11-18 10:00:01+00', 62, '7e94bb99df3147bd8a64dd752d8745b6');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (27, '', '2024-11-20 10:00:02.170368+00', '2034-11-18 10:00:02+00', 48, '83d37f16b8c04b51a4fb5e12a4ceb8c0');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (28, '', '2024-11-20 10:00:02.467808+00', '2034-11-18 10:00:02+00', 49, '3971654a2a4e47ebbed55794588bb2df');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (29, '', '2024-11-20 10:00:02.792366+00', '2034-11-18 10:00:02+00', 50, 'b6e308d4d7fa4a1192d8bddfa3a5aa25');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (30, '', '2024-11-20 10:00:03.080144+00', '2034-11-18 10:00:03+00', 53, 'cb3b0e8dd5544c14bf2f138f0dd5adc3');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (31, '', '2024-11-20 10:00:03.447389+00', '2034-11-18 10:00:03+00', 56, 'a92a08bfb6e84873b7b1e937362db67d');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (32, '', '2024-11-20 10:00:03.846302+00', '2034-11-18 10:00:03+00', 57, '4a13b2fe97b042de80443700274289d3');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (33, '', '2024-12-01 10:00:00.274675+00', '2034-11-29 10:00:00+00', 66, '7de868dab7254ca494f0167fe235cc0c');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (34, '', '2024-12-01 10:00:00.625069+00', '2034-11-29 10:00:00+00', 67, '46879276147241268c8eb7f546cfb663');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (35, '', '2025-03-01 09:00:03.298411+00', '2035-02-27 09:00:03+00', 76, 'bb01bca05f8741e2b5e390a991e264ea');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (36, '', '2025-03-01 09:00:03.836241+00', '2035-02-27 09:00:03+00', 77, 'eb292c7da0934d1ca3a1c2f2de080e92');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (37, '', '2025-03-15 09:00:00.421871+00', '2035-03-13 09:00:00+00', 76, 'a2b8dea4388748608a6154ceb203b893');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (38, '', '2025-05-01 09:00:03.89164+00', '2035-04-29 09:00:03+00', 78, '7ff059c8fd4749ce9652a55400977d03');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (39, '', '2025-05-01 09:00:04.362262+00', '2035-04-29 09:00:04+00', 79, '7af1ff420d6b4270b7da1ffafa6f7b8c');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (40, '', '2025-05-15 09:00:00.537433+00', '2035-05-13 09:00:00+00', 78, 'e092e534b1634a0d8fc36c0fb2fd4788');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (41, '', '2025-06-01 09:00:03.776624+00', '2035-05-30 09:00:03+00', 80, '35c82132e31e4898bc6bd2d98c3f93c2');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (42, '', '2025-06-15 09:00:00.324882+00', '2035-06-13 09:00:00+00', 80, 'd581d88164a84000a2cfee32cbdc7303');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (43, '', '2025-07-01 09:00:03.683293+00', '2035-06-29 09:00:03+00', 81, 'c87625beb41b42648fe051cc5111f7d7');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (44, '', '2025-07-01 09:00:03.876994+00', '2035-06-29 09:00:03+00', 82, '542ea826ceeb437b8f7a45d49966eea5');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (45, '', '2025-07-15 09:00:00.078203+00', '2035-07-13 09:00:00+00', 81, 'ff79c5641d5c454ba681b1fcd465be81');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (46, '', '2025-09-01 09:00:04.074889+00', '2035-08-30 09:00:04+00', 83, '7cd51040cabd4ba18dbc825ada9c6150');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (47, '', '2025-09-01 09:00:04.706368+00', '2035-08-30 09:00:04+00', 84, 'bb12409b5d9f4f0ba9d7bc516fe9f21b');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (48, '', '2025-09-15 09:00:00.633147+00', '2035-09-13 09:00:00+00', 83, '1b494ad483db4c6192852b7e0c2fd21b');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (49, '', '2025-10-01 09:00:04.627453+00', '2035-09-29 09:00:04+00', 85, 'c8c2ae4b5fd2461a9cd3711b8e7a2784');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (50, '', '2025-10-15 09:00:00.621944+00', '2035-10-13 09:00:00+00', 85, '79374d7856f1426d8c60b1610b9ac483');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (51, '', '2026-09-01 10:00:05.008104+00', '2026-09-15 10:00:05+00', 70, 'b38768b5465644a0b9bfb2c0696229d4');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (52, '', '2026-09-01 10:00:05.401662+00', '2026-09-15 10:00:05+00', 58, '8b8d7e22cb034c389c19260e9c017b42');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (53, '', '2026-09-01 10:00:05.776496+00', '2026-09-15 10:00:05+00', 64, '0c7e3b80d7fa48bda57693167091d432');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (54, '', '2026-09-01 10:00:06.310555+00', '2026-09-15 10:00:06+00', 65, '2500b101eb3541c38a8e34892811bb85');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (55, '', '2026-09-01 10:00:06.616069+00', '2026-09-15 10:00:06+00', 72, 'c414c92823694fd8a23e620ab27a73f2');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (56, '', '2026-09-06 10:00:00.358075+00', '2026-09-20 10:00:00+00', 71, 'e1a55f1aed1f4e4faba0a201e8543584');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (57, '', '2026-11-10 08:00:05.011132+00', '2036-11-07 08:00:05+00', 70, '7b299a44c83b43f6ab1cb3357fa0665f');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (58, '', '2026-11-11 08:00:00.43028+00', '2036-11-08 08:00:00+00', 70, '6068952f3b0c47f2831923615cc764ed');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (59, '', '2026-11-12 08:00:00.865971+00', '2036-11-09 08:00:00+00', 70, '77c71e4d16444c40bdc63c49fda87e98');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (60, '', '2026-11-13 09:00:00.573799+00', '2036-11-10 09:00:00+00', 71, '1822554663e94f3ab431e2aedabd7783');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (61, '', '2026-11-13 09:00:01.09592+00', '2036-11-10 09:00:01+00', 72, '9be3e16182aa4a3ead3a78baca760df0');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (62, '', '2026-11-13 09:00:01.628079+00', '2036-11-10 09:00:01+00', 73, '8ca848b935f94268845b38a3f5b5e6fc');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (63, '', '2026-11-13 09:00:02.113645+00', '2036-11-10 09:00:02+00', 74, '1dd9cce7c5b743fb9c87d473e17450d1');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (64, '', '2026-11-13 09:00:02.512302+00', '2036-11-10 09:00:02+00', 64, '86e476e187d44fdf9f0f4bbae2cc6edc');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (65, '', '2026-11-13 09:00:03.096471+00', '2036-11-10 09:00:03+00', 42, '6b4c098098f543909a640001f4a5f6ea');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (66, '', '2026-11-13 09:00:03.732209+00', '2036-11-10 09:00:03+00', 43, '424e1de638cd4c159703f00683771ad6');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (67, '', '2026-11-13 09:00:04.441334+00', '2036-11-10 09:00:04+00', 45, 'be1d343c1cbc4b30aea915bbbb0e70e2');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (68, '', '2026-11-13 09:00:04.871797+00', '2036-11-10 09:00:04+00', 46, '0a067157fbb047a4840091f9e802ceae');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (69, '', '2026-11-14 09:00:00.417506+00', '2036-11-11 09:00:00+00', 65, '6895481766184e828c7f00d0c5ef1635');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (70, '', NULL, '2036-11-12 09:00:00+00', NULL, '77869d1586034fa58434e5f67a400741');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (71, '', NULL, '2036-11-13 09:00:00+00', NULL, '5f9d0ebf85834dc59dc903ea9ad44de1');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (72, '', NULL, '2036-11-14 09:00:00+00', NULL, '2cd89b851a824c9a8120add5affef5a5');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (73, '', '2026-11-19 09:00:00.517079+00', '2036-11-16 09:00:00+00', 64, '66cbff368d304929989749073d1ca1c0');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (74, '', NULL, '2036-11-16 09:00:00+00', NULL, 'cfdfa7e7095f425f9b5f5541f3ac3b56');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (75, '', '2026-11-19 09:00:01.193003+00', '2036-11-16 09:00:01+00', 58, 'be979b113c6840229b0af72587205d38');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (76, '', '2026-11-19 10:00:00.543202+00', '2036-11-16 10:00:00+00', 56, 'f3e0d5ff9d5a4749b7fdd4e36e217b18');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (77, '', '2026-11-19 10:00:01.019866+00', '2036-11-16 10:00:01+00', 57, '8d3dcc011bf54b1c98a96a137df505d1');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (78, '', '2026-11-19 10:00:01.404017+00', '2036-11-16 10:00:01+00', 61, '880bdc683b8b47cda294e3a89863d9e4');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (79, '', '2026-11-19 10:00:01.841002+00', '2036-11-16 10:00:01+00', 62, 'ec19f64f2ec1496d8b947ca488e90142');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (80, '', NULL, '2036-11-16 10:00:01+00', NULL, '69f51ad39ebd473188c5243cc0aab8ed');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (81, '', '2026-11-19 10:00:02.2579+00', '2036-11-16 10:00:02+00', 64, '2ec6195d642849c1b424252281e0a6a4');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (82, '', '2026-11-19 10:00:02.750474+00', '2036-11-16 10:00:02+00', 65, 'f023108077774598a75b7af7a1612454');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (83, '', NULL, '2036-11-16 10:00:02+00', NULL, 'ff794b9d388e4cd88dab5ff7e0053a85');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (84, '', '2026-11-19 10:00:03.27253+00', '2036-11-16 10:00:03+00', 66, '22d1b39f855348e380ee1265395bfae1');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (85, '', '2026-11-19 10:00:04.843655+00', '2036-11-16 10:00:04+00', 66, 'a28b7bd8a9284db6ac2aa1e2ea42eff2');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (86, '', '2026-11-20 08:00:05.358244+00', '2026-12-04 08:00:05+00', 52, '70e670eddd314de48c54f18508744719');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (87, '', '2026-11-20 08:00:05.856319+00', '2026-12-04 08:00:05+00', 48, '63ffec4afb704a9f8be5af05873f9f13');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (88, '', '2026-11-20 08:00:06.382551+00', '2026-12-04 08:00:06+00', 53, '24c6233f6668479faf1746f73d3e58ac');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (89, '', '2026-11-20 12:00:03.500681+00', '2036-11-17 12:00:03+00', 70, 'a1b8243da9784e888670b18319723903');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (90, '', '2026-11-20 12:00:03.716307+00', '2036-11-17 12:00:03+00', 60, 'e8b978a4afbc4643adc8f794e7844bf5');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (91, '', '2026-11-20 12:00:03.942364+00', '2036-11-17 12:00:03+00', 51, '1a16aa3eb9c54966ba6a0c8371ea0e46');
INSERT INTO public.token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES (92, '', '2026-11-21 12:00:02.528641+00', '2036-11-18 12:00:02+00', 75, 'e410ee6cab4c4db081cbfc20d738fedf');
ALTER TABLE ONLY public.account_emailaddress ADD CONSTRAINT account_emailaddress_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.auth_group ADD CONSTRAINT auth_group_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.auth_permission ADD CONSTRAINT auth_permission_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.auth_user_groups ADD CONSTRAINT auth_user_groups_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.auth_user ADD CONSTRAINT auth_user_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.auth_user_user_permissions ADD CONSTRAINT auth_user_user_permissions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.django_content_type ADD CONSTRAINT django_content_type_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.mfa_authenticator ADD CONSTRAINT mfa_authenticator_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.socialaccount_socialaccount ADD CONSTRAINT socialaccount_socialaccount_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.token_blacklist_blacklistedtoken ADD CONSTRAINT token_blacklist_blacklistedtoken_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.token_blacklist_outstandingtoken ADD CONSTRAINT token_blacklist_outstandingtoken_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.account_emailaddress ADD CONSTRAINT account_emailaddress_user_id_2c513194_fk_auth_user_id FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.auth_permission ADD CONSTRAINT auth_permission_content_type_id_2f476e4b_fk_django_co FOREIGN KEY (content_type_id) REFERENCES public.django_content_type(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.auth_user_groups ADD CONSTRAINT auth_user_groups_group_id_97559544_fk_auth_group_id FOREIGN KEY (group_id) REFERENCES public.auth_group(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.auth_user_groups ADD CONSTRAINT auth_user_groups_user_id_6a12ed8b_fk_auth_user_id FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.auth_user_user_permissions ADD CONSTRAINT auth_user_user_permi_permission_id_1fbb5f2c_fk_auth_perm FOREIGN KEY (permission_id) REFERENCES public.auth_permission(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.auth_user_user_permissions ADD CONSTRAINT auth_user_user_permissions_user_id_a95ead1b_fk_auth_user_id FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.mfa_authenticator ADD CONSTRAINT mfa_authenticator_user_id_0c3a50c0_fk_auth_user_id FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.socialaccount_socialaccount ADD CONSTRAINT socialaccount_socialaccount_user_id_8146e70c_fk_auth_user_id FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.token_blacklist_blacklistedtoken ADD CONSTRAINT token_blacklist_blacklistedtoken_token_id_3cc7fe56_fk FOREIGN KEY (token_id) REFERENCES public.token_blacklist_outstandingtoken(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.token_blacklist_outstandingtoken ADD CONSTRAINT token_blacklist_outs_user_id_83bc629a_fk_auth_user FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;
