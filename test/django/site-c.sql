-- A Django site of the tests whose user model has a UUID for its key: its users, passwords, keys and tokens are invented,
-- and belong to nobody. Reduced from a database that Django 3.2 with simplejwt 5.2.2 wrote.
CREATE TABLE public.auth_group (
    id integer NOT NULL,
    name character varying(150) NOT NULL
);
CREATE SEQUENCE public.auth_group_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.auth_group_id_seq OWNED BY public.auth_group.id;
CREATE TABLE public.auth_group_permissions (
    id bigint NOT NULL,
    group_id integer NOT NULL,
    permission_id integer NOT NULL
);
CREATE SEQUENCE public.auth_group_permissions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.auth_group_permissions_id_seq OWNED BY public.auth_group_permissions.id;
CREATE TABLE public.auth_permission (
    id integer NOT NULL,
    name character varying(255) NOT NULL,
    content_type_id integer NOT NULL,
    codename character varying(100) NOT NULL
);
CREATE SEQUENCE public.auth_permission_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.auth_permission_id_seq OWNED BY public.auth_permission.id;
CREATE TABLE public.django_content_type (
    id integer NOT NULL,
    app_label character varying(100) NOT NULL,
    model character varying(100) NOT NULL
);
CREATE SEQUENCE public.django_content_type_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.django_content_type_id_seq OWNED BY public.django_content_type.id;
CREATE TABLE public.people_person (
    password character varying(128) NOT NULL,
    last_login timestamp with time zone,
    is_superuser boolean NOT NULL,
    username character varying(150) NOT NULL,
    first_name character varying(150) NOT NULL,
    last_name character varying(150) NOT NULL,
    is_staff boolean NOT NULL,
    is_active boolean NOT NULL,
    date_joined timestamp with time zone NOT NULL,
    id uuid NOT NULL,
    email character varying(254) NOT NULL
);
CREATE TABLE public.people_person_groups (
    id bigint NOT NULL,
    person_id uuid NOT NULL,
    group_id integer NOT NULL
);
CREATE SEQUENCE public.people_person_groups_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.people_person_groups_id_seq OWNED BY public.people_person_groups.id;
CREATE TABLE public.people_person_user_permissions (
    id bigint NOT NULL,
    person_id uuid NOT NULL,
    permission_id integer NOT NULL
);
CREATE SEQUENCE public.people_person_user_permissions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.people_person_user_permissions_id_seq OWNED BY public.people_person_user_permissions.id;
CREATE TABLE public.token_blacklist_blacklistedtoken (
    id bigint NOT NULL,
    blacklisted_at timestamp with time zone NOT NULL,
    token_id bigint NOT NULL
);
CREATE SEQUENCE public.token_blacklist_blacklistedtoken_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.token_blacklist_blacklistedtoken_id_seq OWNED BY public.token_blacklist_blacklistedtoken.id;
CREATE TABLE public.token_blacklist_outstandingtoken (
    id bigint NOT NULL,
    token text NOT NULL,
    created_at timestamp with time zone,
    expires_at timestamp with time zone NOT NULL,
    user_id uuid,
    jti character varying(255) NOT NULL
);
CREATE SEQUENCE public.token_blacklist_outstandingtoken_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.token_blacklist_outstandingtoken_id_seq OWNED BY public.token_blacklist_outstandingtoken.id;
ALTER TABLE ONLY public.auth_group ALTER COLUMN id SET DEFAULT nextval('public.auth_group_id_seq'::regclass);
ALTER TABLE ONLY public.auth_group_permissions ALTER COLUMN id SET DEFAULT nextval('public.auth_group_permissions_id_seq'::regclass);
ALTER TABLE ONLY public.auth_permission ALTER COLUMN id SET DEFAULT nextval('public.auth_permission_id_seq'::regclass);
ALTER TABLE ONLY public.django_content_type ALTER COLUMN id SET DEFAULT nextval('public.django_content_type_id_seq'::regclass);
ALTER TABLE ONLY public.people_person_groups ALTER COLUMN id SET DEFAULT nextval('public.people_person_groups_id_seq'::regclass);
ALTER TABLE ONLY public.people_person_user_permissions ALTER COLUMN id SET DEFAULT nextval('public.people_person_user_permissions_id_seq'::regclass);
ALTER TABLE ONLY public.token_blacklist_blacklistedtoken ALTER COLUMN id SET DEFAULT nextval('public.token_blacklist_blacklistedtoken_id_seq'::regclass);
ALTER TABLE ONLY public.token_blacklist_outstandingtoken ALTER COLUMN id SET DEFAULT nextval('public.token_blacklist_outstandingtoken_id_seq'::regclass);
INSERT INTO public.auth_group VALUES (1, 'clerks');
INSERT INTO public.people_person VALUES ('pbkdf2_sha256$1000$XNTlNAjcg07ty7MmR0zoUD$dvKEBoJi0jnIYGW0pRZTt5QmnQTRezqmOtlRqRav4zI=', NULL, false, 'ada', '', '', false, true, '2026-11-27 19:58:21.435319+00', '3f2b9c1e-7a44-4d0f-9b57-0c1de5a8f631', 'ada@example.com');
INSERT INTO public.people_person VALUES ('pbkdf2_sha256$1000$dc2jw6AzAfVTcRyUC7zMiu$b25bumruDinJsPVkZpmI8OsOwPwKH5glnNfpwUE802Q=', NULL, false, 'ben', '', '', false, true, '2026-11-27 19:58:21.438573+00', 'a81d4e60-2c35-4b9a-8e17-f6d20b93c5a4', 'ben@example.com');
INSERT INTO public.people_person VALUES ('pbkdf2_sha256$1000$6qfNmErCJ3wLW8pL9qWfP4$4VAINKxNT5H9Abg0v+c+FzSjlnAxn9Eax/TkfjcqLO0=', NULL, false, 'gone', '', '', false, false, '2026-11-27 19:58:21.442552+00', '6c0e7d52-91fb-4a3e-b4c8-5d1a2e9f7034', 'gone@example.com');
INSERT INTO public.people_person_groups VALUES (1, '3f2b9c1e-7a44-4d0f-9b57-0c1de5a8f631', 1);
INSERT INTO public.token_blacklist_blacklistedtoken VALUES (1, '2026-11-27 19:58:22.165146+00', 2);
INSERT INTO public.token_blacklist_blacklistedtoken VALUES (2, '2026-11-27 19:58:22.190606+00', 3);
INSERT INTO public.token_blacklist_outstandingtoken VALUES (1, 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ0b2tlbl90eXBlIjoicmVmcmVzaCIsImV4cCI6MjExMTE2OTUwMSwiaWF0IjoxNzk1ODA5NTAxLCJqdGkiOiJmODEzMmQwNjcxMTk0MmVjODg1MDlmZmM1YTYzY2VkZCIsInVzZXJfaWQiOiIzZjJiOWMxZS03YTQ0LTRkMGYtOWI1Ny0wYzFkZTVhOGY2MzEifQ.VkWrojWjiIdyQU3PlyfhYIqR8U2yC9zkEah4TUsGrrI', '2026-11-27 19:58:21.45262+00', '2036-11-24 19:58:21+00', '3f2b9c1e-7a44-4d0f-9b57-0c1de5a8f631', 'f8132d06711942ec88509ffc5a63cedd');
INSERT INTO public.token_blacklist_outstandingtoken VALUES (2, 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ0b2tlbl90eXBlIjoicmVmcmVzaCIsImV4cCI6MjExMTE2OTUwMSwiaWF0IjoxNzk1ODA5NTAxLCJqdGkiOiJlMWYyMWQ1MzVkMTY0YzU1OGQzNTg5ZmNmY2ZhNmJiZCIsInVzZXJfaWQiOiJhODFkNGU2MC0yYzM1LTRiOWEtOGUxNy1mNmQyMGI5M2M1YTQifQ.FiKuAV-uiB8Mqyj3Df23JrnYkV8ROOvjh36JBjGD-6I', '2026-11-27 19:58:21.550954+00', '2036-11-24 19:58:21+00', 'a81d4e60-2c35-4b9a-8e17-f6d20b93c5a4', 'e1f21d535d164c558d3589fcfcfa6bbd');
INSERT INTO public.token_blacklist_outstandingtoken VALUES (3, 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ0b2tlbl90eXBlIjoicmVmcmVzaCIsImV4cCI6MjExMTE2OTUwMiwiaWF0IjoxNzk1ODA5NTAyLCJqdGkiOiI0M2ZmYjc4YTY5OGI0NzVhODg5YjJhMTgyYWIyMjk5ZiIsInVzZXJfaWQiOiIzZjJiOWMxZS03YTQ0LTRkMGYtOWI1Ny0wYzFkZTVhOGY2MzEifQ.tI0gpDUZF9ewrEz7c1fa-OGnjeBWUpJ0MoRt4mCLJ0w', '2026-11-27 19:58:22.174019+00', '2036-11-24 19:58:22+00', '3f2b9c1e-7a44-4d0f-9b57-0c1de5a8f631', '43ffb78a698b475a889b2a182ab2299f');
INSERT INTO public.token_blacklist_outstandingtoken VALUES (4, 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ0b2tlbl90eXBlIjoicmVmcmVzaCIsImV4cCI6MjExMTE2OTUwMiwiaWF0IjoxNzk1ODA5NTAyLCJqdGkiOiJhNjQzOGI4ZWVkZTY0MmI1YWMzOTAyYmRiZjk0OGMzZiIsInVzZXJfaWQiOiI2YzBlN2Q1Mi05MWZiLTRhM2UtYjRjOC01ZDFhMmU5ZjcwMzQifQ.rYhm0KLdX3QhHUwcb0uRYI3QNpHoi2qL6FV7SY0O-c0', '2026-11-27 19:58:22.202507+00', '2036-11-24 19:58:22+00', '6c0e7d52-91fb-4a3e-b4c8-5d1a2e9f7034', 'a6438b8eede642b5ac3902bdbf948c3f');
INSERT INTO public.token_blacklist_outstandingtoken VALUES (5, 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ0b2tlbl90eXBlIjoicmVmcmVzaCIsImV4cCI6MjExMTE2OTUwMiwiaWF0IjoxNzk1ODA5NTAyLCJqdGkiOiIyMGRhNzgxZDQ4YjA0M2JjOTJiZGIyMDNmMzMyZDA4ZCIsInVzZXJfaWQiOiIzZjJiOWMxZS03YTQ0LTRkMGYtOWI1Ny0wYzFkZTVhOGY2MzEifQ.8xkLa5Hi1Kbbq9PtKTv7DD_CWskBw-I1V9Xh874B0-k', '2026-11-27 19:58:22.20673+00', '2036-11-24 19:58:22+00', '3f2b9c1e-7a44-4d0f-9b57-0c1de5a8f631', '20da781d48b043bc92bdb203f332d08d');
INSERT INTO public.token_blacklist_outstandingtoken VALUES (6, 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ0b2tlbl90eXBlIjoicmVmcmVzaCIsImV4cCI6MjExMTE2OTUwMiwiaWF0IjoxNzk1ODA5NTAyLCJqdGkiOiI3YTllZjUxYmY0ZmY0OGY2YTRhOTc2YWRjOTYzMjdjMCIsInVzZXJfaWQiOiIzZjJiOWMxZS03YTQ0LTRkMGYtOWI1Ny0wYzFkZTVhOGY2MzEifQ.IQAfDjj9kBrIX7gjMVX6RVOre0xCPkeVVR3YYy4t4w4', '2026-11-27 19:58:22.21617+00', '2036-11-24 19:58:22+00', '3f2b9c1e-7a44-4d0f-9b57-0c1de5a8f631', '7a9ef51bf4ff48f6a4a976adc96327c0');
SELECT pg_catalog.setval('public.auth_group_id_seq', 1, true);
SELECT pg_catalog.setval('public.auth_group_permissions_id_seq', 1, false);
SELECT pg_catalog.setval('public.auth_permission_id_seq', 24, true);
SELECT pg_catalog.setval('public.django_content_type_id_seq', 6, true);
SELECT pg_catalog.setval('public.people_person_groups_id_seq', 1, true);
SELECT pg_catalog.setval('public.people_person_user_permissions_id_seq', 1, false);
SELECT pg_catalog.setval('public.token_blacklist_blacklistedtoken_id_seq', 2, true);
SELECT pg_catalog.setval('public.token_blacklist_outstandingtoken_id_seq', 6, true);
ALTER TABLE ONLY public.auth_group
    ADD CONSTRAINT auth_group_name_key UNIQUE (name);
ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_group_id_permission_id_0cd325b0_uniq UNIQUE (group_id, permission_id);
ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.auth_group
    ADD CONSTRAINT auth_group_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_content_type_id_codename_01ab375a_uniq UNIQUE (content_type_id, codename);
ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.django_content_type
    ADD CONSTRAINT django_content_type_app_label_model_76bd3d3b_uniq UNIQUE (app_label, model);
ALTER TABLE ONLY public.django_content_type
    ADD CONSTRAINT django_content_type_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.people_person
    ADD CONSTRAINT people_person_email_key UNIQUE (email);
ALTER TABLE ONLY public.people_person_groups
    ADD CONSTRAINT people_person_groups_person_id_group_id_438d585f_uniq UNIQUE (person_id, group_id);
ALTER TABLE ONLY public.people_person_groups
    ADD CONSTRAINT people_person_groups_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.people_person
    ADD CONSTRAINT people_person_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.people_person_user_permissions
    ADD CONSTRAINT people_person_user_permi_person_id_permission_id_c2e10f6f_uniq UNIQUE (person_id, permission_id);
ALTER TABLE ONLY public.people_person_user_permissions
    ADD CONSTRAINT people_person_user_permissions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.people_person
    ADD CONSTRAINT people_person_username_key UNIQUE (username);
ALTER TABLE ONLY public.token_blacklist_blacklistedtoken
    ADD CONSTRAINT token_blacklist_blacklistedtoken_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.token_blacklist_blacklistedtoken
    ADD CONSTRAINT token_blacklist_blacklistedtoken_token_id_key UNIQUE (token_id);
ALTER TABLE ONLY public.token_blacklist_outstandingtoken
    ADD CONSTRAINT token_blacklist_outstandingtoken_jti_hex_d9bdf6f7_uniq UNIQUE (jti);
ALTER TABLE ONLY public.token_blacklist_outstandingtoken
    ADD CONSTRAINT token_blacklist_outstandingtoken_pkey PRIMARY KEY (id);
CREATE INDEX auth_group_permissions_group_id_b120cbf9 ON public.auth_group_permissions USING btree (group_id);
CREATE INDEX auth_group_permissions_permission_id_84c5c92e ON public.auth_group_permissions USING btree (permission_id);
CREATE INDEX auth_permission_content_type_id_2f476e4b ON public.auth_permission USING btree (content_type_id);
CREATE INDEX people_person_groups_group_id_3ba87606 ON public.people_person_groups USING btree (group_id);
CREATE INDEX people_person_groups_person_id_b7e415fc ON public.people_person_groups USING btree (person_id);
CREATE INDEX people_person_user_permissions_permission_id_24fa752f ON public.people_person_user_permissions USING btree (permission_id);
CREATE INDEX people_person_user_permissions_person_id_755c9d0c ON public.people_person_user_permissions USING btree (person_id);
CREATE INDEX token_blacklist_outstandingtoken_user_id_83bc629a ON public.token_blacklist_outstandingtoken USING btree (user_id);
ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissio_permission_id_84c5c92e_fk_auth_perm FOREIGN KEY (permission_id) REFERENCES public.auth_permission(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_group_id_b120cbf9_fk_auth_group_id FOREIGN KEY (group_id) REFERENCES public.auth_group(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_content_type_id_2f476e4b_fk_django_co FOREIGN KEY (content_type_id) REFERENCES public.django_content_type(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.people_person_groups
    ADD CONSTRAINT people_person_groups_group_id_3ba87606_fk_auth_group_id FOREIGN KEY (group_id) REFERENCES public.auth_group(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.people_person_groups
    ADD CONSTRAINT people_person_groups_person_id_b7e415fc_fk_people_person_id FOREIGN KEY (person_id) REFERENCES public.people_person(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.people_person_user_permissions
    ADD CONSTRAINT people_person_user_p_permission_id_24fa752f_fk_auth_perm FOREIGN KEY (permission_id) REFERENCES public.auth_permission(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.people_person_user_permissions
    ADD CONSTRAINT people_person_user_p_person_id_755c9d0c_fk_people_pe FOREIGN KEY (person_id) REFERENCES public.people_person(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.token_blacklist_blacklistedtoken
    ADD CONSTRAINT token_blacklist_blacklistedtoken_token_id_3cc7fe56_fk FOREIGN KEY (token_id) REFERENCES public.token_blacklist_outstandingtoken(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.token_blacklist_outstandingtoken
    ADD CONSTRAINT token_blacklist_outs_user_id_83bc629a_fk_people_pe FOREIGN KEY (user_id) REFERENCES public.people_person(id) DEFERRABLE INITIALLY DEFERRED;
