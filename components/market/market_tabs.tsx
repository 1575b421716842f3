import type { JSX } from "preact";
import { useTexts } from "../layout/texts.ts";

/** Panels of a market's page that share a place: book and trades do so on phones alone. */
export const MARKET_TABS = ["book", "trades", "candles", "alerts", "instrument"] as const;

/** See {@link MARKET_TABS}. */
export type MarketTab = (typeof MARKET_TABS)[number];

/**
 * Chooses what is shown below the chart. Radio buttons, and rules of the stylesheet: it works before and without
 * scripts, with arrow keys, and costs none.
 */
export function MarketTabs({ open, alerts }: { open: MarketTab; alerts: number }): JSX.Element {
  const { t } = useTexts();
  return (
    <fieldset class="panel market-tabs">
      <legend class="visually-hidden">{t("chart.details")}</legend>
      {MARKET_TABS.map((tab) => (
        <label key={tab} class={`tab-${tab}`}>
          <input type="radio" class="visually-hidden" name="market-tab" id={`tab-${tab}`} checked={tab === open} />
          {t(`chart.${tab}`)}
          {tab === "alerts" && alerts > 0 && <span class="count">{alerts}</span>}
        </label>
      ))}
    </fieldset>
  );
}
