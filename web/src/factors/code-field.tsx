import { Field } from '../forms/fields.tsx';
import { useText } from '../text/text.ts';

interface CodeFieldProps {
  label?: string;
  isNumeric?: boolean;
  takesFocus?: boolean;
}

/** A code that somebody types or pastes, with or without spaces. */
export function CodeField({ label, isNumeric = true, takesFocus }: CodeFieldProps) {
  const text = useText();
  return (
    <Field
      name="code"
      label={label ?? text.codeFromApp}
      autocomplete="one-time-code"
      {...(isNumeric && { inputMode: 'numeric' })}
      takesFocus={takesFocus}
    />
  );
}

export const codeIn = ({ code = '' }: Record<string, string>): string => code.replace(/\s/g, '');
