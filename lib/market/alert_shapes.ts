import { z } from "zod";
import { decimalSchema } from "../kernel/decimal_schema.ts";
import { ALERT_CONDITIONS } from "./alerts.ts";
import { TIMEFRAMES } from "./timeframe.ts";

/** An alert as its owner sees it, as the SQL functions give it. Times are RFC 3339. */
export const alertSchema = z.object({
  id: z.string(),
  exchange: z.string(),
  symbol: z.string(),
  /** Null looks at the price with every tick, else at each close of this width. */
  timeframe: z.enum(TIMEFRAMES).nullable(),
  /** `rsi(14)` or `macd(12,26,9).signal`; null is the price. */
  indicator: z.string().nullable(),
  condition: z.enum(ALERT_CONDITIONS),
  value: decimalSchema,
  note: z.string(),
  /** Rest between two firings in seconds; null fires once. */
  repeat_after_s: z.int().nullable(),
  state: z.enum(["active", "paused", "fired"]),
  fired_at: z.string().nullable(),
  fired_value: decimalSchema.nullable(),
  fired_count: z.int(),
  created_at: z.string(),
});

/** See {@link alertSchema}. */
export type Alert = z.infer<typeof alertSchema>;

/** The caller's alerts, newest first. */
export const alertsPageSchema = z.object({ items: z.array(alertSchema), next_cursor: z.null() });

/** See {@link alertsPageSchema}. */
export type AlertsPage = z.infer<typeof alertsPageSchema>;
