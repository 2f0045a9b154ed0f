import { useEffect, useState } from 'preact/hooks';
import { Action } from '../factors/action.tsx';
import { Card } from '../sections/card.tsx';
import { formatMoment, useLanguage, useText } from '../text/text.ts';
import { admin } from './api.ts';
import { Done, Failure } from './list.tsx';
import { useWords } from './text.ts';

interface FactorsOfUser {
  factors: { id: string; type: string; name: string | null; created_at: string }[];
  reset_at: string | null;
  /** The only one that will be removed; null for all, if there is a request. */
  reset_factor_id: string | null;
}

/** The second factors of a user, and how they are removed. */
export function Factors({ path }: { path: string }) {
  const text = useText();
  const words = useWords();
  const language = useLanguage();
  const [found, setFound] = useState<FactorsOfUser>();
  const [failure, setFailure] = useState<unknown>();
  const [said, setSaid] = useState('');
  const load = () => admin.get<FactorsOfUser>(`${path}/factors`).then(setFound, setFailure);
  useEffect(() => void load(), [path]);
  const remove = async (which: string, sentence: string) => {
    await admin.delete(`${path}/factors${which}`);
    await load();
    setSaid(sentence);
  };
  const isRequested = Boolean(found && (found.reset_at ?? found.reset_factor_id) !== null);
  return (
    <Card title={words.factorList}>
      <Done said={said} />
      <Failure of={failure} />
      {found?.factors.length === 0 && <p class="quiet">{words.nothing}</p>}
      <ul class="sessions" aria-label={words.factorList} hidden={!found?.factors.length}>
        {found?.factors.map(({ id, type, name, created_at }) => (
          <li key={id}>
            <div>
              <p class="device">{name ?? type}</p>
              <p class="hint">
                {type} · {formatMoment(created_at, language, false)}
              </p>
              {id === found.reset_factor_id && <p class="hint wrong">{words.oneRemoved}</p>}
            </div>
            {!isRequested && (
              <Action
                label={text.remove}
                name={text.removeOf(name ?? type)}
                work={() => remove(`/${id}`, words.removalOfOne)}
              />
            )}
          </li>
        ))}
      </ul>
      {found && found.factors.length > 0 && (
        <>
          <p class="hint">
            {found.reset_at === null
              ? words.removeFactorsHint
              : words.removalDue(formatMoment(found.reset_at, language), found.reset_factor_id !== null)}
          </p>
          {!isRequested && (
            <Action label={words.removeFactors} look="dangerous" work={() => remove('', words.removal)} />
          )}
        </>
      )}
    </Card>
  );
}
