import { useEffect, useRef } from 'preact/hooks';
import { type Account, auth, ownAuth } from './auth.ts';
import { nameOf } from './names.ts';
import { goTo } from './place.ts';
import { formatMoment, useLanguage, useText } from './text/text.ts';

/** Says on every page that an administrator acts as its user, who that is, and how it ends. */
export function ActingBanner({ user }: { user: Account | null | undefined }) {
  const text = useText();
  const language = useLanguage();
  const banner = useRef<HTMLDivElement>(null);
  const { actor } = auth;
  useEffect(() => {
    if (actor) banner.current?.focus();
  }, [actor]);
  if (!actor || !user) return null;
  const who = (ownAuth.user && nameOf(ownAuth.user)) || text.administrator(actor.id);
  const stop = () => {
    auth.stopActing();
    goTo('/admin#users');
  };
  return (
    <div class="banner" role="region" aria-label={text.acting} tabIndex={-1} ref={banner}>
      <p>{text.actingAs(who, nameOf(user), formatMoment(actor.until.toISOString(), language))}</p>
      <p>{text.actingLimits}</p>
      <button onClick={stop}>{text.stopActing}</button>
    </div>
  );
}
