import type { JSX } from "preact";
import type { AlertSubject } from "../../lib/market/alert_form.ts";
import type { Alert } from "../../lib/market/alert_shapes.ts";
import { Notices, type Said } from "../accounts/parts.tsx";
import { Island } from "../layout/island.tsx";
import { useTexts } from "../layout/texts.ts";
import { AlertForm } from "./alert_form.tsx";
import { AlertList } from "./alert_list.tsx";

/** What the form for a new alert starts with. */
export interface AlertDraft {
  exchange: string;
  symbol: string;
  /** Asset the price is in. */
  quote: string;
  /** The chosen indicator; null is the price. */
  subject: AlertSubject | null;
  /** All that can be chosen. */
  subjects: readonly AlertSubject[];
  /** Makes the request's repetition harmless. */
  clientId: string;
  /** The price now, to start from. */
  value: string;
  /** Page to come back to. */
  next: string;
}

export interface AlertsPanelProps extends Said {
  market: { exchange: string; symbol: string };
  /** Null for who is not signed in. */
  alerts: readonly Alert[] | null;
  draft: AlertDraft | null;
}

/** The caller's alerts on one market, and a form for another one. */
export function AlertsPanel({ market, alerts, draft, ...said }: AlertsPanelProps): JSX.Element {
  const { t } = useTexts();
  const next = `/markets/${market.exchange}/${market.symbol}`;
  return (
    <section class="panel alerts-panel" aria-label={t("chart.alerts")} id="alerts">
      {alerts === null || draft === null
        ? (
          <p class="empty">
            <span>{t("alerts.sign_in")}</span>
            <a class="button secondary" href={`/login?${new URLSearchParams({ next })}`}>{t("layout.sign_in")}</a>
          </p>
        )
        : (
          <Island name="alert_forms" props={{}}>
            <AlertParts alerts={alerts} draft={draft} {...said} />
          </Island>
        )}
    </section>
  );
}

/** Form and list. Each is a part by name: the island fetches a page and puts its parts in the place of these. */
export function AlertParts(
  { alerts, draft, ...said }: Said & { alerts: readonly Alert[]; draft: AlertDraft },
): JSX.Element {
  return (
    <div class="alert-parts">
      <div class="alert-side" data-part="alert-form">
        <Notices {...said} />
        <AlertForm draft={draft} />
      </div>
      <div class="alert-side" data-part="alert-list">
        <AlertList alerts={alerts} next={draft.next} />
      </div>
    </div>
  );
}
