import type { JSX } from "preact";
import { formatDayTime } from "../../lib/kernel/dates.ts";
import type { Alert } from "../../lib/market/alert_shapes.ts";
import { Hidden } from "../accounts/parts.tsx";
import { useTexts } from "../layout/texts.ts";
import { alertText, exactText, pairText } from "./alert_text.ts";
import { exchangeText } from "./exchange_text.ts";
import { marketPath } from "./row_view.ts";

/** Alerts with what can be done to each. `withMarket` names the market of each and leads there. */
export function AlertList({ alerts, next, withMarket = false }: {
  alerts: readonly Alert[];
  /** Page to come back to. */
  next: string;
  withMarket?: boolean;
}): JSX.Element {
  const { t } = useTexts();
  if (alerts.length === 0) return <p class="empty">{t("alerts.none")}</p>;
  return (
    <ul class="alert-list">
      {alerts.map((alert) => <AlertRow key={alert.id} alert={alert} next={next} withMarket={withMarket} />)}
    </ul>
  );
}

function AlertRow(
  { alert, next, withMarket }: { alert: Alert; next: string; withMarket: boolean },
): JSX.Element {
  const texts = useTexts();
  const { t, locale, timeZone } = texts;
  const { id, state, fired_at, fired_value, note } = alert;
  const sentence = alertText(texts, alert);
  return (
    <li class="alert-row" data-alert={state}>
      <div class="alert-words">
        <p>
          {withMarket && (
            <a class="alert-market" href={marketPath(alert)}>
              {`${pairText(alert.symbol)} `}
              <span class="quiet">{exchangeText(texts, alert.exchange)}</span>
            </a>
          )}
          {sentence} <span class={`tag ${state}`}>{t(`alerts.state_${state}`)}</span>
        </p>
        {fired_at !== null && (
          <p class="sub">
            {t("alerts.fired", {
              at: formatDayTime(Date.parse(fired_at), locale, timeZone),
              value: fired_value === null ? t("live.no_data") : exactText(fired_value),
              count: alert.fired_count,
            })}
          </p>
        )}
        {note !== "" && <p class="sub">{note}</p>}
      </div>
      <form action={`/alerts/${id}/state`} method="post">
        <Hidden values={{ next, state: state === "active" ? "paused" : "active" }} />
        <button type="submit" class="button secondary" aria-label={`${t(`alerts.${verbOf(state)}`)}: ${sentence}`}>
          {t(`alerts.${verbOf(state)}`)}
        </button>
      </form>
      <form action={`/alerts/${id}/delete`} method="post">
        <Hidden values={{ next }} />
        <button type="submit" class="button outline" aria-label={`${t("alerts.delete")}: ${sentence}`}>
          {t("alerts.delete")}
        </button>
      </form>
    </li>
  );
}

function verbOf(state: Alert["state"]): "pause" | "resume" | "arm" {
  return state === "active" ? "pause" : state === "paused" ? "resume" : "arm";
}
