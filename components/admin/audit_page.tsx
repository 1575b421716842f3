import type { JSX } from "preact";
import { type AuditPage as Page, type AuditState, type AuditVerdict, EXPORT_ROWS_MAX } from "../../lib/admin/audit.ts";
import { plural } from "../../lib/kernel/i18n.ts";
import { Hidden, type Said, Section } from "../accounts/parts.tsx";
import { type Texts, useTexts } from "../layout/texts.ts";
import { addressOf, AdminFrame, Pages } from "./admin_frame.tsx";
import { AuditTable } from "./audit_table.tsx";
import { ChainFacts } from "./chain_facts.tsx";

const PATH = "/admin/audit";

/** The filter as it stands in the page's address: texts, and days for its times. */
export interface AuditParams {
  actor: string;
  action: string;
  subject: string;
  from: string;
  to: string;
}

/** What was done here, latest first, and the state of the chain that keeps it. */
export function AuditPage({ page, params, state, isFirst, ...said }: Said & {
  page: Page;
  params: AuditParams;
  state: AuditState;
  isFirst: boolean;
}): JSX.Element {
  return (
    <AdminFrame path={PATH} {...said}>
      <Filters params={params} />
      <AuditTable entries={page.items} />
      <Pages path={PATH} params={{ ...params }} cursor={page.next_cursor} isFirst={isFirst} />
      <Chain state={state} verdict={null} />
    </AdminFrame>
  );
}

/** What a check of the chain found. */
export function VerifyPage({ state, verdict }: { state: AuditState; verdict: AuditVerdict }): JSX.Element {
  const texts = useTexts();
  const said = verdict.ok ? { done: verdictText(texts, verdict) } : { error: verdictText(texts, verdict) };
  return (
    <AdminFrame path={PATH} {...said}>
      <Chain state={state} verdict={verdict} />
    </AdminFrame>
  );
}

function Filters({ params }: { params: AuditParams }): JSX.Element {
  const { t, locale } = useTexts();
  const count = new Intl.NumberFormat(locale).format(EXPORT_ROWS_MAX);
  return (
    <form action={PATH} method="get" class="filters" role="search">
      <Text label={t("admin.actor")} name="actor" value={params.actor} placeholder={t("admin.name_or_id")} />
      <Text label={t("admin.action")} name="action" value={params.action} placeholder="auth.signed_in" />
      <Text label={t("admin.subject")} name="subject" value={params.subject} placeholder={t("admin.name_or_id")} />
      <label class="field">
        <span class="field-label">{t("admin.from")}</span>
        <input type="date" name="from" value={params.from} />
      </label>
      <label class="field">
        <span class="field-label">{t("admin.to")}</span>
        <input type="date" name="to" value={params.to} />
      </label>
      <button type="submit" class="button secondary">{t("admin.filter")}</button>
      <a
        class="button outline"
        href={addressOf("/admin/audit.csv", { ...params })}
        title={t("admin.export_hint", { count })}
        download
      >
        {t("admin.export")}
      </a>
    </form>
  );
}

function Text({ label, ...input }: { label: string; name: string; value: string; placeholder: string }): JSX.Element {
  return (
    <label class="field">
      <span class="field-label">{label}</span>
      <input type="text" {...input} maxLength={200} spellcheck={false} autocapitalize="none" />
    </label>
  );
}

function Chain({ state, verdict }: { state: AuditState; verdict: AuditVerdict | null }): JSX.Element {
  const { t } = useTexts();
  const next = verdict?.next_seq ?? null;
  return (
    <Section title={t("admin.chain")}>
      <ChainFacts state={state} />
      <form action="/admin/audit/verify" method="post" class="actions" data-step-up="admin">
        <Hidden values={{ from_seq: next ?? "1" }} />
        <button type="submit" class="button outline">
          {next === null ? t("admin.verify") : t("admin.verify_on", { seq: next })}
        </button>
      </form>
    </Section>
  );
}

function verdictText({ t, locale }: Texts, { ok, checked, first_bad_seq, reason, next_seq }: AuditVerdict): string {
  if (!ok) return t("admin.verified_bad", { seq: first_bad_seq ?? "?", reason: reason ?? "?" });
  return plural(locale, next_seq === null ? "admin.verified_ok" : "admin.verified_part", checked);
}
