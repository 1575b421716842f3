import type { JSX } from "preact";
import { plural } from "../../lib/kernel/i18n.ts";
import type { Dashboard } from "../../lib/admin/dashboard.ts";
import type { Overview } from "../../lib/admin/overview.ts";
import { formatDayTime } from "../../lib/kernel/dates.ts";
import { formatEur, formatSignedEur } from "../../lib/ledger/money.ts";
import { type Said, Section } from "../accounts/parts.tsx";
import { useTexts } from "../layout/texts.ts";
import { AdminFrame } from "./admin_frame.tsx";
import { ChainFacts } from "./chain_facts.tsx";
import { DayCharts } from "./day_charts.tsx";
import { PlatformFacts } from "./platform_facts.tsx";
import { SettlementFacts } from "./settlement_facts.tsx";

/** What administrators look at first: the money, whether all of it is in order, and what waits for them. */
export function DashboardPage({ dashboard, overview, ...said }: Said & {
  dashboard: Dashboard;
  overview: Overview;
}): JSX.Element {
  const { t } = useTexts();
  return (
    <AdminFrame path="/admin" {...said}>
      <Figures dashboard={dashboard} />
      <DayCharts days={dashboard.series} pnlToday={dashboard.pnl_today_eur} />
      <Health dashboard={dashboard} />
      <Queues dashboard={dashboard} />
      <SettlementFacts settlement={dashboard.settlement} />
      <Section title={t("admin.chain")}>
        <ChainFacts state={dashboard.audit} />
      </Section>
      <PlatformFacts overview={overview} />
    </AdminFrame>
  );
}

function Figures({ dashboard }: { dashboard: Dashboard }): JSX.Element {
  const { t } = useTexts();
  const { aum_eur, pnl_today_eur, pnl_cycle_eur, investors, active_investments, rates_missing } = dashboard;
  const figures = [
    ["aum", formatEur(aum_eur), ""],
    ["pnl_today", pnl_today_eur === null ? null : formatSignedEur(pnl_today_eur), toneOf(pnl_today_eur)],
    ["pnl_cycle", pnl_cycle_eur === null ? null : formatSignedEur(pnl_cycle_eur), toneOf(pnl_cycle_eur)],
    ["investors", String(investors), ""],
    ["active_investments", String(active_investments), ""],
  ] as const;
  return (
    <>
      <dl class="panel figures">
        {figures.map(([name, value, tone]) => (
          <div key={name}>
            <dt>{t(`money.${name}`)}</dt>
            <dd class={value === null ? "no-data" : tone}>{value ?? t("live.no_data")}</dd>
          </div>
        ))}
      </dl>
      {rates_missing.length > 0 && (
        <p class="quiet" role="note">{t("money.rates_missing", { assets: rates_missing.join(", ") })}</p>
      )}
    </>
  );
}

function toneOf(value: string | null): "up" | "down" | "" {
  if (value === null || /^-?0*\.?0*$/.test(value)) return "";
  return value.startsWith("-") ? "down" : "up";
}

/** A word on each thing that must be in order; what is not is red, and says what it is. */
function Health({ dashboard }: { dashboard: Dashboard }): JSX.Element {
  const { t, locale, timeZone } = useTexts();
  const { settlement, ledger, audit, rates_missing } = dashboard;
  const when = (at: string) => formatDayTime(Date.parse(at), locale, timeZone);
  const { next, overdue, failing } = settlement;
  const facts = [
    {
      name: t("money.settlements"),
      look: overdue.length === 0 ? "good" : "bad",
      state: overdue.length === 0 ? t("money.on_time") : t("money.overdue", { count: overdue.length }),
      more: next === null ? t("money.next_none") : t("money.next", { name: next.name, date: when(next.ends_at) }),
    },
    {
      name: t("money.adapters"),
      look: failing.length === 0 ? "good" : "bad",
      state: failing.length === 0 ? t("money.all_answer") : t("money.failing", { count: failing.length }),
      more: failing.map(({ name }) => name).join(", "),
    },
    {
      name: t("money.ledger"),
      look: ledger === null ? "late" : ledger.violations === 0 ? "good" : "bad",
      state: ledger === null
        ? t("admin.chain_unchecked")
        : ledger.violations === 0
        ? t("admin.chain_ok")
        : plural(locale, "money.violations", ledger.violations),
      more: ledger === null ? "" : t("money.checked", { date: when(ledger.checked_at) }),
    },
    {
      name: t("admin.chain"),
      look: audit.checked_at === null ? "late" : audit.bad_seq === null ? "good" : "bad",
      state: audit.checked_at === null
        ? t("admin.chain_unchecked")
        : audit.bad_seq === null
        ? t("admin.chain_ok")
        : t("admin.chain_broken", { seq: audit.bad_seq }),
      more: audit.checked_at === null ? "" : t("money.checked", { date: when(audit.checked_at) }),
    },
    {
      name: t("money.rates"),
      look: rates_missing.length === 0 ? "good" : "bad",
      state: t(rates_missing.length === 0 ? "money.rates_known" : "money.rates_unknown"),
      more: rates_missing.join(", "),
    },
  ];
  return (
    <ul class="panel health" aria-label={t("money.health")}>
      {facts.map(({ name, look, state, more }) => (
        <li key={name}>
          <span class="health-name">{name}</span>
          <span class={`tag ${look}`}>{state}</span>
          {more !== "" && <span class="sub">{more}</span>}
        </li>
      ))}
    </ul>
  );
}

/** What waits for an administrator, with the page where it is dealt with. */
function Queues({ dashboard }: { dashboard: Dashboard }): JSX.Element {
  const { t, locale, timeZone } = useTexts();
  const { withdrawals, credits, kyc_pending, pools, pools_paused } = dashboard;
  const since = (at: string | null) =>
    at === null ? "" : t("money.oldest", { date: formatDayTime(Date.parse(at), locale, timeZone) });
  const worth = ({ waiting, eur }: Dashboard["withdrawals"]) => waiting === 0 ? "" : formatEur(eur) ?? "";
  const queues = [
    {
      href: "/admin/withdrawals",
      count: withdrawals.waiting,
      label: t("money.withdrawals_waiting"),
      more: [worth(withdrawals), since(withdrawals.oldest_at)],
    },
    {
      href: "/admin/credits",
      count: credits.waiting,
      label: t("money.credits_waiting"),
      more: [worth(credits), since(credits.oldest_at)],
    },
    { href: "/admin/users?kyc=pending", count: kyc_pending, label: t("admin.count_kyc_pending"), more: [] },
    {
      href: "/admin/pools",
      count: pools,
      label: t("money.pools_open"),
      more: [t("money.paused", { count: pools_paused })],
    },
  ];
  return (
    <ul class="tiles">
      {queues.map(({ href, count, label, more }) => (
        <li key={href} class="panel tile">
          <span class="tile-number">{count}</span>
          <a class="tile-label" href={href}>{label}</a>
          <span class="sub num">{more.filter((each) => each !== "").join(" · ")}</span>
        </li>
      ))}
    </ul>
  );
}
