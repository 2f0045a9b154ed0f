import type { FunctionComponent } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Account } from '../auth.ts';
import { usePlace } from '../place.ts';
import { pageAt } from '../return-to.ts';
import { useTitle } from '../title.ts';
import { AuditTrail } from './audit.tsx';
import { Invitations } from './invitations.tsx';
import { Roles } from './roles.tsx';
import { useWords } from './text.ts';
import { User } from './user.tsx';
import { Users } from './users.tsx';
import { Webhooks } from './webhooks.tsx';

/** The parts of the page, by what follows the `#`. */
const PARTS: Record<'users' | 'invitations' | 'roles' | 'audit' | 'webhooks', FunctionComponent> = {
  users: Users,
  invitations: Invitations,
  roles: Roles,
  audit: AuditTrail,
  webhooks: Webhooks,
};
type Part = keyof typeof PARTS;
const NAMES = Object.keys(PARTS) as Part[];

/**
 * The page of administrators, at `/admin`: a chunk of its own, which nobody else loads. It shows what `/auth/admin` lets
 * administrators do; that decides who is one, and this page only says so.
 */
export function AdminPage({ user }: { user: Account }) {
  const words = useWords();
  useTitle(words.title);
  if (user.roles !== undefined && !user.roles.includes('admin'))
    return (
      <main class="narrow">
        <h1>{words.title}</h1>
        <p class="alert" role="alert">
          {words.notAdmin}
        </p>
        <p class="aside">
          <a href={pageAt('/')}>{words.toAccount}</a>
        </p>
      </main>
    );
  return <Parts />;
}

function Parts() {
  const words = useWords();
  const { hash } = usePlace();
  const [, userId] = /^#user\/(\d+|[0-9a-f-]{36})$/.exec(hash) ?? [];
  const part: Part = NAMES.find((name) => hash === `#${name}`) ?? 'users';
  const Shown = PARTS[part];
  const heading = useRef<HTMLHeadingElement>(null);
  const isFirst = useRef(true);
  useEffect(() => {
    // What had the focus belongs to another part; a user's name takes it by itself.
    if (!isFirst.current && userId === undefined) heading.current?.focus();
    isFirst.current = false;
  }, [hash]);
  return (
    <main class="wide">
      <h1 ref={heading} tabIndex={-1}>
        {words.title}
      </h1>
      <nav class="row parts" aria-label={words.title}>
        {NAMES.map((name) => (
          <a
            key={name}
            href={`#${name}`}
            aria-current={name === part ? (userId === undefined ? 'page' : 'true') : undefined}
          >
            {words.parts[name]}
          </a>
        ))}
        <a href={pageAt('/')}>{words.toAccount}</a>
      </nav>
      <div class="group">
        {userId === undefined ? <Shown key={part} /> : <User key={userId} id={userId} />}
      </div>
    </main>
  );
}
