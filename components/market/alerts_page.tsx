import type { JSX } from "preact";
import type { Alert } from "../../lib/market/alert_shapes.ts";
import { Field, Hidden, Notices, type Said } from "../accounts/parts.tsx";
import { SessionGuard } from "../accounts/session_guard.tsx";
import { Island } from "../layout/island.tsx";
import { useTexts } from "../layout/texts.ts";
import { AlertForm } from "./alert_form.tsx";
import { AlertList } from "./alert_list.tsx";
import { pairText } from "./alert_text.ts";
import type { AlertDraft } from "./alerts_panel.tsx";
import { marketPath } from "./row_view.ts";

export interface AlertsPageProps extends Said {
  alerts: readonly Alert[];
  /** The form for one market; null asks for the market first. */
  draft: AlertDraft | null;
  exchange: string;
  /** What was typed for a market that is none. */
  typed?: string;
}

/** Characters of a market's name in the form. */
export const SYMBOL_LENGTH_MAX = 40;

/** All of one's alerts, or those of one market with a form for another. */
export function AlertsPage({ alerts, draft, exchange, typed = "", ...said }: AlertsPageProps): JSX.Element {
  const { t } = useTexts();
  const next = draft?.next ?? "/alerts";
  return (
    <div class="settings alerts-page">
      <SessionGuard />
      <div class="settings-body wide">
        <h1>{t("alerts.title")}</h1>
        <Island name="alert_forms" props={{}}>
          <div class="alert-columns">
            <section class="panel settings-section" aria-labelledby="new-alert">
              <h2 id="new-alert">{t("alerts.new")}</h2>
              {draft !== null && (
                <p>
                  <a href={marketPath(draft)}>{pairText(draft.symbol)}</a>{" "}
                  <a class="quiet" href="/alerts">{t("alerts.other_market")}</a>
                </p>
              )}
              <div class="alert-side" data-part="alert-form">
                <Notices {...said} />
                {draft === null ? <MarketForm exchange={exchange} typed={typed} /> : <AlertForm draft={draft} />}
              </div>
            </section>
            <section class="panel settings-section" aria-labelledby="my-alerts">
              <h2 id="my-alerts">{t("alerts.yours")}</h2>
              <div class="alert-side" data-part="alert-list">
                <AlertList alerts={alerts} next={next} withMarket={draft === null} />
              </div>
            </section>
          </div>
        </Island>
      </div>
    </div>
  );
}

/** Asks which market is meant. */
function MarketForm({ exchange, typed }: { exchange: string; typed: string }): JSX.Element {
  const { t } = useTexts();
  return (
    <form action="/alerts" method="get" class="form" data-navigate>
      <Hidden values={{ exchange }} />
      <Field
        label={t("alerts.symbol")}
        name="symbol"
        value={typed}
        maxLength={SYMBOL_LENGTH_MAX}
        pattern="[A-Za-z0-9.\-\/]{1,40}"
        hint="BTC-USDT"
      />
      <button type="submit" class="button secondary">{t("alerts.choose")}</button>
    </form>
  );
}
