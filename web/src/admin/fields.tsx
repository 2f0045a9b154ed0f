import { useEffect, useId, useRef } from 'preact/hooks';

interface EntryProps {
  label: string;
  change: (value: string) => void;
  hint?: string;
  type?: 'search' | 'text' | 'date';
}

/** How long somebody stops typing before the list is asked for. **Unit** milliseconds. */
const PAUSE_MS = 250;

/** A field that narrows a list while somebody types. */
export function Entry({ label, change, hint, type = 'text' }: EntryProps) {
  const [id, hintId] = [useId(), useId()];
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  // Preact has a separate type for each kind of input.
  const kind = { type } as { type: 'text' };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        {...kind}
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        aria-describedby={hint === undefined ? undefined : hintId}
        onInput={({ currentTarget: { value } }) => {
          clearTimeout(timer.current);
          timer.current = setTimeout(() => change(value), PAUSE_MS);
        }}
      />
      {hint !== undefined && (
        <p id={hintId} class="hint">
          {hint}
        </p>
      )}
    </div>
  );
}

interface ChoiceProps {
  label: string;
  change: (value: string) => void;
  choices: readonly (readonly [value: string, label: string])[];
}

export function Choice({ label, change, choices }: ChoiceProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} onChange={({ currentTarget }) => change(currentTarget.value)}>
        {choices.map(([value, name]) => (
          <option key={value} value={value}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}

/** `a b, c` → its words. */
export const wordsIn = (text = ''): string[] => text.split(/[\s,]+/).filter(Boolean);
