import type { JSX } from "preact";
import type { Account } from "../../lib/accounts/account.ts";
import { formatDate, formatDayTime } from "../../lib/kernel/dates.ts";
import { useTexts } from "../layout/texts.ts";
import {
  Choice,
  EMAIL_LENGTH_MAX,
  Field,
  LANGUAGES,
  providerNames,
  type Said,
  Section,
  themeOptions,
  ZoneChoice,
} from "./parts.tsx";
import { SettingsFrame } from "./settings_frame.tsx";

/** Who one is here, how pages look, and the address one signs in with. */
export function SettingsPage(
  { account, timeZones, ...said }: Said & { account: Account; timeZones: readonly string[] },
): JSX.Element {
  const texts = useTexts();
  const { t } = texts;
  const { profile } = account;
  return (
    <SettingsFrame path="/settings" {...said}>
      <Section>
        <form action="/settings/profile" method="post" class="form">
          <Field
            label={t("accounts.username")}
            name="username"
            value={profile.username}
            pattern="[a-z0-9_]{3,24}"
            maxLength={24}
            autocomplete="nickname"
            hint={t("accounts.username_hint")}
          />
          <Choice label={t("accounts.language")} name="locale" value={profile.locale} options={LANGUAGES} />
          <ZoneChoice value={profile.time_zone} zones={timeZones} />
          <Choice
            label={t("accounts.theme")}
            name="theme"
            value={profile.theme}
            options={themeOptions(texts)}
          />
          <div class="actions">
            <button type="submit" class="button primary">{t("accounts.save")}</button>
          </div>
        </form>
      </Section>
      <Facts account={account} />
      <Section title={t("accounts.email_change")}>
        <form action="/settings/email" method="post" class="form" data-step-up="session">
          <Field
            label={t("accounts.email_new")}
            name="email"
            type="email"
            autocomplete="email"
            maxLength={EMAIL_LENGTH_MAX}
            hint={t("accounts.email_change_hint")}
          />
          <div class="actions">
            <button type="submit" class="button outline">{t("accounts.email_change")}</button>
          </div>
        </form>
      </Section>
    </SettingsFrame>
  );
}

function Facts({ account }: { account: Account }): JSX.Element {
  const texts = useTexts();
  const { t, locale, timeZone } = texts;
  const { profile, email, identities, admin } = account;
  const frozenMs = Date.parse(profile.withdrawals_frozen_until ?? "");
  return (
    <Section title={t("accounts.account")}>
      <dl class="facts">
        <dt>{t("accounts.email")}</dt>
        <dd>{email ?? "–"}</dd>
        <dt>{t("accounts.linked")}</dt>
        <dd>{providerNames(texts, identities.map(({ provider }) => provider))}</dd>
        <dt>{t("accounts.kyc")}</dt>
        <dd>{t(`accounts.kyc_${profile.kyc_status}`)}</dd>
        <dt>{t("accounts.member_since")}</dt>
        <dd>{formatDate(Date.parse(profile.created_at), locale, timeZone)}</dd>
        {admin && (
          <>
            <dt>{t("admin.role")}</dt>
            <dd>
              <a href="/admin">{t("admin.nav")}</a>
            </dd>
          </>
        )}
      </dl>
      {Number.isFinite(frozenMs) && (
        <p class="quiet">{t("accounts.frozen_until", { date: formatDayTime(frozenMs, locale, timeZone) })}</p>
      )}
    </Section>
  );
}
