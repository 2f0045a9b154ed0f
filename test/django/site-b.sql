-- A Django site of the tests on simplejwt 5.5: its users, passwords, keys and tokens are invented, and belong to nobody.
-- Reduced from a database that Django 4.2 with simplejwt 5.5.1 wrote, to the users and tokens of site-b.json.
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
INSERT INTO public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES
  (24, 'pbkdf2_sha256$36000$okaf1MyfdQCV$aqYBsQlyE+LSGCwtPTbKKcf1FqB1BnP7/5cXdn8+8Zo=', '2019-06-03T10:00:03.118737+00:00', false, 'nora', '', '', 'nora@example.com', false, true, '2019-06-03T09:00:01.185755+00:00'),
  (25, 'pbkdf2_sha256$36000$HVQ32X0Irka1$Q+ZEaXMX5qZKojEi7Kf14Ogxw6z7BrEcGwuClIvrKZ8=', '2019-06-04T10:00:00.061059+00:00', false, 'omar', '', '', 'omar@example.com', false, true, '2019-06-03T09:00:01.270138+00:00'),
  (28, 'pbkdf2_sha256$260000$auavJgxFneDucAYZz2ZH28$zUzxXPP3nWAzdv7AxO/tri2rp6AqZkVWKJqD374OqzI=', '2021-09-10T10:00:02.172475+00:00', false, 'rosa', '', '', 'rosa@example.com', false, true, '2021-09-10T08:00:01.87847+00:00'),
  (39, 'pbkdf2_sha256$260000$h9IHAEcVgNO7lf6EebBopG$vSlczrX8I9kbUSjjOO4vu2eHAVT7O+yyMO5ch5l5ois=', '2021-11-01T10:00:00.126858+00:00', false, 'vera', '', '', 'vera@example.com', false, false, '2021-09-10T08:00:03.338555+00:00'),
  (52, 'pbkdf2_sha256$600000$FvtnZMYHvHriZitNeVeHfQ$OqGp9AwjOpI87Vo5GU9ZVv3ImxlaLv3ppF/4ZWRI/pQ=', NULL, false, 'case.only', '', '', 'Only.Capitals@example.com', false, false, '2024-11-05T08:00:05.763425+00:00'),
  (53, 'pbkdf2_sha256$600000$8BiUTgHr95h7MnFyEYiIyA$rv6NYYBrs8igdkpt1n8mLcjUYezA5lBBMCQ9ZmeE6Nw=', NULL, false, 'no.email', '', '', '', false, true, '2024-11-05T08:00:06.161068+00:00'),
  (56, 'pbkdf2_sha256$600000$C4TEUmENMrErWJrCofQKRS$fI1J+k5TniLuUOMLCkamaIQ6MhMZIIsMGKHADtxTqnU=', NULL, false, 'jose', '', '', 'josé@example.com', false, true, '2024-11-05T08:00:07.129649+00:00'),
  (58, 'pbkdf2_sha256$600000$3vTi09VvOvYBmwlWCV1ZDt$99Olb5wT3VWbdh6qdGdFzl3yoEzBZ5zQOidMKzIDIAA=', NULL, true, 'boss', '', '', 'boss@example.com', true, true, '2024-11-05T08:00:07.713246+00:00'),
  (61, 'pbkdf2_sha256$600000$9pJKYUlxxE9WDLoYohUYDs$tw/hhKIlRDFRZNg5ItmNZrABvOFbiDDJ68yyP0l1WWY=', NULL, false, 'mod', '', '', 'mod@example.com', false, true, '2024-11-05T08:00:09.298567+00:00'),
  (62, 'pbkdf2_sha256$600000$11RMl6HnzUtgzbT6t3WYmu$4F4Tv70uS6SoPxfghaEt4avl9NiSirG8XHFMBNTnNgA=', NULL, false, 'perm', '', '', 'perm@example.com', false, true, '2024-11-05T08:00:09.91699+00:00'),
  (64, 'pbkdf2_sha256$600000$wT6Lc37sdRYn6T2JGagK0o$3RETTRawRlfS9cth5b5G5Hvvzn+U9Oco0/c6P8sPoWI=', NULL, false, 'emoji', '', '', 'emoji@example.com', false, true, '2024-11-05T08:00:11.115003+00:00'),
  (66, 'pbkdf2_sha256$600000$PoFqtYvuiMooWElbPjLCcv$touhRDLSNeQ3c/aq1dD9v7n3I/FzTux1YK8+f7ojVB8=', NULL, false, 'changed', '', '', 'changed@example.com', false, true, '2024-11-05T08:00:12.746816+00:00'),
  (70, 'pbkdf2_sha256$600000$ITgJLfexksksACC18mDnYZ$KZk2KR5gUVmktBKpb/RX5gGowr4J0hnfhzFZyGGwejw=', '2024-11-06T10:00:06.21995+00:00', false, 'xena', '', '', 'xena@example.com', false, true, '2024-11-06T10:00:05.550661+00:00'),
  (71, 'pbkdf2_sha256$600000$8J740TXBJ4SEa4hGEXw3BX$FHeU0PAWoNtKDgBZFXo3YTlQKJtbfIpkgIpWiQzYkJ0=', '2024-11-06T10:00:06.756227+00:00', false, 'yusuf', '', '', 'yusuf@example.com', false, true, '2024-11-06T10:00:06.310892+00:00'),
  (72, 'pbkdf2_sha256$600000$2JHBjEtdMxSsHqnsDqlevw$Jm6pNVcU6C3rwhyDXJ6cwIliPrQcy8xk6H4JALCGFhY=', '2024-11-06T10:00:07.192708+00:00', false, 'zoe', '', '', 'zoe.capital@example.com', false, true, '2024-11-06T10:00:06.801368+00:00'),
  (76, 'pbkdf2_sha256$600000$me5Xxh39BQPLG6163zgrWH$OZHru7hPTNSHiV4CETzj+Ebbc4/CDjTFLuREsOoImNo=', '2025-03-01T09:00:03.319985+00:00', false, 'argo', '', '', 'argo@example.com', false, true, '2025-03-01T09:00:02.961927+00:00');
INSERT INTO public.token_blacklist_outstandingtoken (id, jti, created_at, expires_at, user_id, token) VALUES
  (1, '2e2b6d730f494cee9bb31fb5db859eda', '2019-06-03T10:00:03.055674+00:00', '2039-05-29T10:00:03+00:00', 24, ''),
  (2, 'c973a6635eb84ba99ea8feffe6688196', '2019-06-04T10:00:00.054618+00:00', '2039-05-30T10:00:00+00:00', 25, ''),
  (5, 'e24d00b826cf42d98de4abfc673ec4b6', '2021-09-10T10:00:02.106504+00:00', '2031-09-08T10:00:02+00:00', 28, ''),
  (11, '436dab45a3984e35a0656454e5158aa0', '2021-11-01T10:00:00.124215+00:00', '2031-10-30T10:00:00+00:00', 39, ''),
  (13, '60b54410017147fdbaa43248150a0c1f', '2021-11-01T10:00:00.464991+00:00', '2031-10-30T10:00:00+00:00', NULL, ''),
  (22, '3ab195f03f7b4aba87b8bab1fc8af735', '2024-11-20T10:00:00.422416+00:00', '2034-11-18T10:00:00+00:00', 58, ''),
  (51, 'fa80963b2d8d4a4491707b58c5101af4', '2026-11-02T09:00:01.78298+00:00', '2036-10-30T09:00:01+00:00', 70, ''),
  (52, '56b60eeabffe40a9b75ef6440fda2c80', '2026-11-02T09:00:01.987071+00:00', '2036-10-30T09:00:01+00:00', 58, ''),
  (53, '781b0391a7784232ba9053ebd19dc515', '2026-11-02T09:00:02.490468+00:00', '2036-10-30T09:00:02+00:00', 76, ''),
  (54, '4dcf64b13a9d40d1941dae45afc6e4c9', '2026-11-02T09:00:02.663294+00:00', '2036-10-30T09:00:02+00:00', 53, ''),
  (55, '6988df5ed701415faf3ca772b699f9ec', '2026-11-02T09:00:02.823416+00:00', '2036-10-30T09:00:02+00:00', 64, ''),
  (56, '6a65eac7dc01483b8fa8a23359a1dddc', '2026-11-03T09:00:00.001682+00:00', '2036-10-31T09:00:00+00:00', 64, ''),
  (57, 'b39e59efccc741b1866e23be036a99dc', '2026-11-04T09:00:00.003968+00:00', '2036-11-01T09:00:00+00:00', 64, ''),
  (58, 'caa2258c1bb94ebda6602c541258ecc5', '2026-11-04T09:00:00.19731+00:00', '2036-11-01T09:00:00+00:00', 61, ''),
  (59, 'cabc772055ef4ceba858c57052ba7113', '2026-11-04T09:00:00.370034+00:00', '2036-11-01T09:00:00+00:00', 52, ''),
  (60, '01495f722110491a9f0454abdd2d09a3', '2026-11-04T09:00:00.533437+00:00', '2036-11-01T09:00:00+00:00', NULL, ''),
  (61, '9f0329f9b8d6443cac04d65e22967349', '2026-11-04T09:00:00.705789+00:00', '2036-11-01T09:00:00+00:00', 66, ''),
  (62, 'f0309163e4994c52ac8601ee2217a53a', '2026-11-04T09:00:00.874058+00:00', '2036-11-01T09:00:00+00:00', 62, ''),
  (63, '263e889cc8f64ff2bb7958d56ba37056', '2026-11-05T09:00:01.602786+00:00', '2036-11-02T09:00:01+00:00', 71, ''),
  (64, '835a3c22b32a4f389ba566f459dde759', '2026-11-05T09:00:01.890465+00:00', '2036-11-02T09:00:01+00:00', 56, ''),
  (65, '9f70ca7b509c4d318468a5fc710e4a65', '2026-11-05T09:00:02.052208+00:00', '2036-11-02T09:00:02+00:00', 66, ''),
  (66, 'eeead5561c31434da8b527c78aefb875', '2026-11-05T09:00:02.578073+00:00', '2036-11-02T09:00:02+00:00', 66, ''),
  (67, '3fbf57c322a547c481fb429b56dccbb8', '2026-09-01T09:00:01.573999+00:00', '2026-09-15T09:00:01+00:00', 72, '');
INSERT INTO public.token_blacklist_blacklistedtoken (id, blacklisted_at, token_id) VALUES
  (1, '2019-06-20T10:00:00.02678+00:00', 2),
  (4, '2026-11-03T09:00:00.016412+00:00', 55),
  (5, '2026-11-04T09:00:00.017184+00:00', 56),
  (6, '2026-11-04T09:00:00.209324+00:00', 58);
ALTER TABLE ONLY public.auth_user ADD CONSTRAINT auth_user_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.token_blacklist_outstandingtoken ADD CONSTRAINT token_blacklist_outstandingtoken_user_id_fk FOREIGN KEY (user_id) REFERENCES public.auth_user(id);
