import {
  type PendingLogin,
  pendingLogin,
  supportsPasskeys,
  type TotpSetup as Setup,
} from '@tokenjar/client/factors';
import { AuthError } from '@tokenjar/client';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Action } from '../factors/action.tsx';
import { CodeField, codeIn } from '../factors/code-field.tsx';
import { freshCodes } from '../factors/fresh-codes.tsx';
import { TotpSetup } from '../factors/totp-setup.tsx';
import { factors } from '../factors.ts';
import { Check, PasswordField } from '../forms/fields.tsx';
import { Form } from '../forms/form.tsx';
import { useText } from '../text/text.ts';
import { useTitle } from '../title.ts';

interface SecondFactorStepProps {
  pending: PendingLogin;
  /** Another step is missing. */
  goOn: (pending: PendingLogin) => void;
  /** The user is signed in. */
  done?: () => void;
  /** Back to the form. @param notice why. */
  leave: (notice: string) => void;
}

/** What a login lacks beside the password. */
export function SecondFactorStep({ pending, goOn, done, leave }: SecondFactorStepProps) {
  const text = useText();
  const title = pending.isSetup ? text.setUpFirst : text.secondFactor;
  useTitle(title);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.focus();
    const timer = setTimeout(() => leave(text.loginExpired), pending.expiresIn * 1000);
    return () => clearTimeout(timer);
  }, [pending]);

  async function step(work: ReturnType<typeof factors.verify>): Promise<void> {
    try {
      const { recoveryCodes } = await work;
      if (recoveryCodes) freshCodes.set(recoveryCodes);
      done?.();
    } catch (error) {
      const next = pendingLogin(error);
      if (next) return goOn({ ...next, token: { ...pending.token, ...next.token } });
      if (error instanceof AuthError && error.code === 'login_expired') return leave(text.loginExpired);
      throw error;
    }
  }
  const methods = pending.methods.filter((method) => method !== 'passkey' || supportsPasskeys());
  return (
    <main class="narrow">
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      <div class="card">
        {methods.length === 0 ? (
          <p class="alert" role="alert">
            {text.noMethod}
          </p>
        ) : pending.isSetup ? (
          <SetUp pending={pending} methods={methods} step={step} />
        ) : (
          <Prove pending={pending} methods={methods} step={step} />
        )}
      </div>
      <p class="aside">
        <button class="plain" onClick={() => leave('')}>
          {text.backToSignIn}
        </button>
      </p>
    </main>
  );
}

interface StepsProps {
  pending: PendingLogin;
  methods: readonly string[];
  step: (work: ReturnType<typeof factors.verify>) => Promise<void>;
}

function Prove({ pending, methods, step }: StepsProps) {
  const text = useText();
  const [chosen, setMethod] = useState<string>();
  const [isTrusted, setTrusted] = useState(false);
  const method = chosen !== undefined && methods.includes(chosen) ? chosen : (methods[0] ?? '');
  const trust_device = isTrusted || undefined;
  const trust = method !== 'password' && (
    <Check label={text.trustDevice} isChecked={isTrusted} change={setTrusted} />
  );
  const others = methods.filter((each) => each !== method && each in text.method);
  return (
    <>
      <p class="hint">{text.secondFactorHint[method]}</p>
      {method === 'passkey' ? (
        <>
          {trust}
          <Action
            look="primary"
            label={text.usePasskey}
            work={() => step(factors.signInWithPasskey({ pending, trust_device }))}
          />
        </>
      ) : method === 'password' ? (
        <Form
          key={method}
          action={text.verify}
          submit={({ password = '' }) => step(factors.verify({ method, password }, pending))}
        >
          <PasswordField name="password" label={text.password} autocomplete="current-password" />
        </Form>
      ) : (
        <Form
          key={method}
          action={text.verify}
          submit={(entered) =>
            step(factors.verify({ method: method as 'totp', code: codeIn(entered), trust_device }, pending))
          }
        >
          <CodeField
            {...(method === 'recovery_code' && { label: text.recoveryCode, isNumeric: false })}
            takesFocus={chosen !== undefined}
          />
          {trust}
        </Form>
      )}
      {others.length > 0 && (
        <div class="row">
          <span class="hint">{text.anotherWay}</span>
          {others.map((other) => (
            <button key={other} onClick={() => setMethod(other)}>
              {text.method[other]}
            </button>
          ))}
        </div>
      )}
    </>
  );
}

function SetUp({ pending, methods, step }: StepsProps) {
  const text = useText();
  const [setup, setSetup] = useState<Setup>();
  if (setup)
    return (
      <TotpSetup setup={setup} confirm={(code) => step(factors.verify({ method: 'totp', code }, pending))} />
    );
  return (
    <>
      <p class="hint">{text.setUpFirstHint}</p>
      {methods.includes('passkey') && (
        <Action
          look="primary"
          label={text.addPasskey}
          work={() => step(factors.signInWithPasskey({ pending }))}
        />
      )}
      {methods.includes('totp') && (
        <Action
          look={methods.includes('passkey') ? 'plain' : 'primary'}
          label={text.setUpApp}
          work={() => factors.setUpTotp(pending).then(setSetup)}
        />
      )}
    </>
  );
}
