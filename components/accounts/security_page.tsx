import type { JSX } from "preact";
import { formatDate } from "../../lib/kernel/dates.ts";
import { plural } from "../../lib/kernel/i18n.ts";
import { useTexts } from "../layout/texts.ts";
import { Field, Hidden, type Said, Section } from "./parts.tsx";
import { SettingsFrame } from "./settings_frame.tsx";
import { CodeField } from "./step_up_page.tsx";

/** An authenticator as its page shows it. */
export interface ShownFactor {
  id: string;
  name: string;
  createdAt: string;
}

export interface SecurityPageProps extends Said {
  factors: readonly ShownFactor[];
  recoveryCodesLeft: number;
  clientId: string;
}

/** Authenticator, recovery codes and password. */
export function SecurityPage({ factors, recoveryCodesLeft, clientId, ...said }: SecurityPageProps): JSX.Element {
  const { t } = useTexts();
  return (
    <SettingsFrame path="/settings/security" {...said}>
      <Section title={t("accounts.authenticator")} lead={t("accounts.authenticator_lead")}>
        {factors.length === 0
          ? (
            <>
              <p>{t("accounts.authenticator_none")}</p>
              <form action="/settings/security/enrol" method="post" class="actions">
                <button type="submit" class="button primary">{t("accounts.authenticator_add")}</button>
              </form>
            </>
          )
          : <ul class="rows">{factors.map((factor) => <FactorRow key={factor.id} factor={factor} />)}</ul>}
      </Section>
      <RecoverySection hasFactor={factors.length > 0} left={recoveryCodesLeft} clientId={clientId} />
      <Section title={t("accounts.password")}>
        <div class="actions">
          <a class="button outline" href="/password/new">{t("accounts.password_change")}</a>
        </div>
      </Section>
    </SettingsFrame>
  );
}

function FactorRow({ factor }: { factor: ShownFactor }): JSX.Element {
  const { t, locale, timeZone } = useTexts();
  return (
    <li class="row">
      <div>
        <strong>{factor.name || t("accounts.authenticator")}</strong>
        <p class="sub">
          {t("accounts.authenticator_since", { date: formatDate(Date.parse(factor.createdAt), locale, timeZone) })}
        </p>
      </div>
      <form action="/settings/security/remove" method="post" data-step-up="session">
        <Hidden values={{ factor_id: factor.id }} />
        <button type="submit" class="button outline danger">{t("accounts.remove")}</button>
      </form>
    </li>
  );
}

function RecoverySection(
  { hasFactor, left, clientId }: { hasFactor: boolean; left: number; clientId: string },
): JSX.Element {
  const { t, locale } = useTexts();
  return (
    <div id="recovery">
      <Section title={t("accounts.recovery")} lead={t("accounts.recovery_lead")}>
        <p>{plural(locale, "accounts.recovery_left", left)}</p>
        {hasFactor && (
          <form action="/settings/security/recovery" method="post" class="actions" data-step-up="fresh">
            <Hidden values={{ client_id: clientId }} />
            <button type="submit" class="button outline">{t("accounts.recovery_make")}</button>
          </form>
        )}
        {left > 0 && (
          <form action="/settings/security/recover" method="post" class="form">
            <Field
              label={t("accounts.recovery_code")}
              name="code"
              autocomplete="off"
              maxLength={40}
              minLength={20}
            />
            <div class="actions">
              <button type="submit" class="button outline danger">{t("accounts.recovery_use")}</button>
            </div>
          </form>
        )}
      </Section>
    </div>
  );
}

/** What an authenticator being set up needs to be shown; `qrSvg` is shown the first time only. */
export interface EnrolPageProps extends Said {
  factorId: string;
  secret: string;
  qrSvg: string | null;
}

/** Setting an authenticator up: scan, then prove. */
export function EnrolPage({ factorId, secret, qrSvg, ...said }: EnrolPageProps): JSX.Element {
  const { t } = useTexts();
  return (
    <SettingsFrame path="/settings/security" {...said}>
      <Section title={t("accounts.authenticator_add")} lead={t("accounts.authenticator_scan")}>
        {qrSvg !== null && (
          <img
            class="qr"
            width="200"
            height="200"
            alt={t("accounts.authenticator_qr")}
            src={`data:image/svg+xml;utf8,${encodeURIComponent(qrSvg)}`}
          />
        )}
        <p class="quiet">
          {t("accounts.authenticator_secret")}: <code class="secret">{secret}</code>
        </p>
        <form action="/settings/security/verify" method="post" class="form">
          <Hidden values={{ factor_id: factorId, secret }} />
          <CodeField />
          <div class="actions">
            <button type="submit" class="button primary">{t("accounts.confirm")}</button>
            <a class="button outline" href="/settings/security">{t("accounts.cancel")}</a>
          </div>
        </form>
      </Section>
    </SettingsFrame>
  );
}

/** Recovery codes, shown this once. */
export function RecoveryCodesPage({ codes }: { codes: readonly string[] }): JSX.Element {
  const { t } = useTexts();
  return (
    <SettingsFrame path="/settings/security">
      <Section title={t("accounts.recovery")} lead={t("accounts.recovery_once")}>
        <ol class="codes">
          {codes.map((code) => (
            <li key={code}>
              <code>{code}</code>
            </li>
          ))}
        </ol>
        <div class="actions">
          <a class="button primary" href="/settings/security">{t("accounts.recovery_saved")}</a>
        </div>
      </Section>
    </SettingsFrame>
  );
}
