import { useContext, useEffect, useRef, useState } from 'preact/hooks';
import { settings } from '../settings.ts';
import { useText } from '../text/text.ts';
import { FieldErrors, useIds } from './form.tsx';
import { strengthOf } from './strength.ts';

interface FieldProps {
  /** The name in requests. */
  name: string;
  label: string;
  type?: 'email' | 'text' | 'password';
  /** Used by password managers. */
  autocomplete: string;
  hint?: string;
  value?: string;
  minLength?: number;
  inputMode?: 'numeric';
  isOptional?: boolean;
  /** For a field that somebody has just asked for. */
  takesFocus?: boolean | undefined;
  onInput?: (value: string) => void;
}

export function Field({ name, label, type = 'text', autocomplete, hint, minLength, ...rest }: FieldProps) {
  const ids = useIds();
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (rest.takesFocus) input.current?.focus();
  }, []);
  const wrong = useContext(FieldErrors)[name];
  const below = wrong ?? hint;
  // Preact has a separate type for each kind of input.
  const kind = { type } as { type: 'text' };
  return (
    <div class="field">
      <label for={ids.field}>{label}</label>
      <input
        ref={input}
        id={ids.field}
        name={name}
        {...kind}
        autocomplete={autocomplete}
        autocapitalize="none"
        spellcheck={false}
        required={!rest.isOptional}
        inputMode={rest.inputMode}
        minLength={minLength}
        aria-invalid={wrong !== undefined}
        aria-describedby={below === undefined ? undefined : ids.hint}
        defaultValue={rest.value}
        onInput={({ currentTarget }) => rest.onInput?.(currentTarget.value)}
      />
      {below !== undefined && (
        <p id={ids.hint} class={wrong === undefined ? 'hint' : 'hint wrong'}>
          {below}
        </p>
      )}
    </div>
  );
}

export function EmailField({
  name = 'email',
  label,
  autocomplete = 'username',
  ...rest
}: Partial<FieldProps>) {
  const text = useText();
  return <Field name={name} label={label ?? text.email} type="email" autocomplete={autocomplete} {...rest} />;
}

export function UsernameField({
  name = 'username',
  label,
  autocomplete = 'username',
  ...rest
}: Partial<FieldProps>) {
  const text = useText();
  return <Field name={name} label={label ?? text.username} autocomplete={autocomplete} {...rest} />;
}

/** What somebody signs in with. The server takes an address as a username where both sign in. */
export function NameField({
  autocomplete = 'username',
  takesBoth = settings.signInWith === 'both',
}: {
  autocomplete?: string;
  takesBoth?: boolean;
}) {
  const text = useText();
  if (settings.signInWith === 'email') return <EmailField autocomplete={autocomplete} />;
  return <UsernameField autocomplete={autocomplete} {...(takesBoth && { label: text.emailOrUsername })} />;
}

/** What a new account is called, by what users sign in with. allauth demands a username wherever there are any. */
export function NewNameFields() {
  const text = useText();
  const { signInWith, addressNeeded, dialect } = settings;
  if (signInWith === 'email') return <EmailField />;
  const isNameOptional = signInWith === 'both' && !dialect.startsWith('django');
  return (
    <>
      <UsernameField isOptional={isNameOptional} hint={text.usernameHint} />
      <EmailField
        autocomplete="email"
        isOptional={!addressNeeded}
        {...(!addressNeeded && { hint: text.emailOptionalHint })}
      />
    </>
  );
}

/** A password field whose content can be shown, which replaces a second field for repeating it. */
export function PasswordField(props: Omit<FieldProps, 'type'>) {
  const text = useText();
  const [isShown, setShown] = useState(false);
  return (
    <>
      <Field {...props} type={isShown ? 'text' : 'password'} />
      <label class="check">
        <input type="checkbox" checked={isShown} onChange={() => setShown(!isShown)} />
        {text.showPassword}
      </label>
    </>
  );
}

/** A field for a new password. */
export function NewPasswordField({ name, label }: Pick<FieldProps, 'name' | 'label'>) {
  const text = useText();
  const { passwordMinLength } = settings;
  const [password, setPassword] = useState('');
  const strength = strengthOf(password, passwordMinLength);
  const hint = strength === 'short' ? text.passwordHint(passwordMinLength) : text.strengths[strength];
  return (
    <PasswordField
      name={name}
      label={label}
      autocomplete="new-password"
      minLength={passwordMinLength}
      hint={hint}
      onInput={setPassword}
    />
  );
}

interface CheckProps {
  label: string;
  name?: string;
  isChecked: boolean;
  change: (isChecked: boolean) => void;
}

export function Check({ label, name, isChecked, change }: CheckProps) {
  return (
    <label class="check">
      <input type="checkbox" name={name} checked={isChecked} onChange={() => change(!isChecked)} />
      {label}
    </label>
  );
}

/** Whether the session outlives the browser. */
export function RememberField({ told }: { told?: (remember: boolean) => void }) {
  const text = useText();
  const [isOn, setOn] = useState(true);
  const change = (next: boolean) => {
    setOn(next);
    told?.(next);
  };
  return <Check name="remember" label={text.remember} isChecked={isOn} change={change} />;
}
