import {
  type Factor,
  type FactorList,
  supportsPasskeys,
  type TotpSetup as Setup,
} from '@tokenjar/client/factors';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Account } from '../auth.ts';
import { noteChange } from '../changes.ts';
import { factors } from '../factors.ts';
import { settings } from '../settings.ts';
import { Card } from '../sections/card.tsx';
import type { Text } from '../text/en.ts';
import { formatMoment, sentenceFor, useLanguage, useText } from '../text/text.ts';
import { Action } from './action.tsx';
import { FactorRow, nameOf } from './factor-row.tsx';
import { freshCodes } from './fresh-codes.tsx';
import { NewPasskey } from './new-passkey.tsx';
import { TotpSetup } from './totp-setup.tsx';

/** From here on, new ones are advised. */
const FEW_CODES = 3;

export interface CardsProps {
  list: FactorList;
  /** Loads the list again, and says what was done. */
  changed: (said: string) => Promise<void>;
}

/** Second factors, passkeys, and what belongs to them. */
export function FactorCards(_props: { user: Account }) {
  const text = useText();
  const [list, setList] = useState<FactorList>();
  const [failure, setFailure] = useState<unknown>();
  const [said, setSaid] = useState('');
  const notice = useRef<HTMLParagraphElement>(null);
  const load = () => factors.list().then(setList, setFailure);
  useEffect(() => {
    if (settings.secondFactor) void load();
  }, []);
  useEffect(() => {
    // What had the focus may be gone.
    if (said !== '') notice.current?.focus();
  }, [said]);
  if (!settings.secondFactor) return null;
  const changed = async (done: string) => {
    setSaid('');
    await load();
    noteChange();
    setSaid(done);
  };
  return (
    <>
      <Card title={text.secondFactors}>
        {!list && !failure && <p class="quiet">{text.loading}</p>}
        <p class="alert" role="alert" hidden={!failure}>
          {Boolean(failure) && sentenceFor(failure, text)}
        </p>
        <p class="notice" role="status" tabIndex={-1} ref={notice} hidden={said === ''}>
          {said}
        </p>
        {list && <TwoStep list={list} changed={changed} />}
      </Card>
      {list && settings.passkeys && <Passkeys list={list} changed={changed} />}
    </>
  );
}

/** The name of the only factor that will be removed; undefined for all of them. */
function nameOfReset({ factors, reset_factor_id }: FactorList, text: Text): string | undefined {
  const factor = factors.find(({ id }) => id === reset_factor_id);
  return factor && nameOf(factor, text);
}

const ofType = ({ factors }: FactorList, type: Factor['type']) =>
  factors.filter((each) => each.type === type);

function TwoStep({ list, changed }: CardsProps) {
  const text = useText();
  const language = useLanguage();
  const [setup, setSetup] = useState<Setup>();
  const apps = ofType(list, 'totp');
  const hasFactor = list.factors.length > 0;
  const confirm = async (code: string) => {
    const { recovery_codes } = await factors.confirmTotp({ code });
    setSetup(undefined);
    if (recovery_codes) freshCodes.set(recovery_codes);
    else await changed(text.secondFactorsOn);
  };
  return (
    <>
      {list.reset_at && (
        <div class="alert">
          <p>{text.resetPending(formatMoment(list.reset_at, language), nameOfReset(list, text))}</p>
          <Action
            label={text.cancelReset}
            work={() => factors.cancelReset().then(() => changed(text.resetCancelled))}
          />
        </div>
      )}
      {apps.length === 0 && (
        <p class="hint">{hasFactor ? text.secondFactorsByPasskey : text.secondFactorsOff}</p>
      )}
      {list.required && <p class="hint">{text.secondFactorsRequired}</p>}
      {apps.length > 0 && (
        <ul class="sessions">
          {apps.map((factor) => (
            <FactorRow key={factor.id} factor={factor} list={list} changed={changed} />
          ))}
        </ul>
      )}
      {setup ? (
        <>
          <TotpSetup setup={setup} confirm={confirm} />
          <button class="plain" onClick={() => setSetup(undefined)}>
            {text.cancel}
          </button>
        </>
      ) : (
        apps.length === 0 && <Action label={text.setUpApp} work={() => factors.addTotp().then(setSetup)} />
      )}
      {hasFactor && <RecoveryCodes left={list.recovery_codes_left} />}
      {list.trusted_devices.length > 0 && <TrustedDevices list={list} changed={changed} />}
    </>
  );
}

function RecoveryCodes({ left }: { left: number }) {
  const text = useText();
  return (
    <>
      <h3>{text.recoveryCodes}</h3>
      <p>
        <span class={left <= FEW_CODES ? 'badge' : 'badge good'}>{text.recoveryCodesLeft(left)}</span>
      </p>
      {left <= FEW_CODES && <p class="hint wrong">{text.recoveryCodesFew}</p>}
      <details>
        <summary>{text.renewCodes}…</summary>
        <div class="below">
          <p class="hint">{text.renewCodesHint}</p>
          <Action label={text.renewCodes} work={() => factors.replaceRecoveryCodes().then(freshCodes.set)} />
        </div>
      </details>
    </>
  );
}

function TrustedDevices({ list, changed }: CardsProps) {
  const text = useText();
  const language = useLanguage();
  return (
    <>
      <h3>{text.trustedDevices}</h3>
      <p class="hint">{text.trustedDevicesHint}</p>
      <ul class="sessions">
        {list.trusted_devices.map(({ id, name, expires_at }) => (
          <li key={id}>
            <div>
              <p class="device">{name ?? text.unknownDevice}</p>
              <p class="hint">{text.trustedUntil(formatMoment(expires_at, language, false))}</p>
            </div>
            <Action
              label={text.forgetDevice}
              name={text.forgetDeviceOf(name ?? text.unknownDevice)}
              work={() => factors.forgetDevice(id).then(() => changed(text.deviceForgotten))}
            />
          </li>
        ))}
      </ul>
    </>
  );
}

function Passkeys({ list, changed }: CardsProps) {
  const text = useText();
  const passkeys = ofType(list, 'passkey');
  return (
    <Card title={text.passkeys}>
      <p class="hint">{text.passkeysHint}</p>
      {passkeys.length > 0 && (
        <ul class="sessions">
          {passkeys.map((factor) => (
            <FactorRow key={factor.id} factor={factor} list={list} changed={changed} />
          ))}
        </ul>
      )}
      {supportsPasskeys() ? <NewPasskey changed={changed} /> : <p class="hint">{text.passkeysUnsupported}</p>}
    </Card>
  );
}
