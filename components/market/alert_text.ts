import { digitsOf, formatDecimal } from "../../lib/kernel/format_decimal.ts";
import type { Texts } from "../layout/texts.ts";

/** What of an alert a sentence needs. */
export interface AlertWords {
  symbol: string;
  timeframe: string | null;
  indicator: string | null;
  condition: "above" | "below" | "crosses_above" | "crosses_below";
  value: string;
}

/** A decimal with all its digits, grouped. */
export function exactText(value: string): string {
  return formatDecimal(value, digitsOf(value)) ?? value;
}

/** "BTC-USDT" as people write it. */
export function pairText(symbol: string): string {
  return symbol.replace("-", "/");
}

/** What an alert watches: "Price", "Close 15m", "RSI(14) 1h". */
export function subjectText({ t }: Pick<Texts, "t">, { indicator, timeframe }: AlertWords): string {
  if (timeframe === null) return t("alert_notice.price");
  return `${indicator === null ? t("alert_notice.close") : indicator.toUpperCase()} ${timeframe}`;
}

/** What an alert waits for: "Price at or above 98,400". */
export function alertText(texts: Pick<Texts, "t">, alert: AlertWords): string {
  return texts.t(`alert_notice.${alert.condition}`, {
    subject: subjectText(texts, alert),
    value: exactText(alert.value),
  });
}

/** A notification's data as words for an alert; null when it has another shape. */
export function readAlertWords(data: Readonly<Record<string, unknown>>): AlertWords | null {
  const { symbol, timeframe, indicator, condition, value } = data;
  if (typeof symbol !== "string" || typeof value !== "string" || !isCondition(condition)) return null;
  return {
    symbol,
    timeframe: typeof timeframe === "string" ? timeframe : null,
    indicator: typeof indicator === "string" ? indicator : null,
    condition,
    value,
  };
}

function isCondition(value: unknown): value is AlertWords["condition"] {
  return value === "above" || value === "below" || value === "crosses_above" || value === "crosses_below";
}
