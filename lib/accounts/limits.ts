import { z } from "zod";
import type { Locale } from "../kernel/text.ts";

/** Limits whose names and hints the catalogues hold. The database's table has the same. */
export const LIMIT_NAMES = [
  "order_eur_max",
  "positions_max",
  "daily_loss_eur_max",
  "cooldown_s",
  "withdrawal_eur_per_day_max",
] as const;

const unit = z.enum(["eur", "count", "s"]);

/** What a limit's value counts: euros, things, or seconds. */
export type LimitUnit = z.infer<typeof unit>;

/** What `limits_json()` tells of a limit. Values are decimal strings, times RFC 3339. */
export const limitSchema = z.object({
  name: z.string(),
  unit,
  /** Whether a lower or a higher value is the tighter one. */
  tighter: z.enum(["lower", "higher"]),
  /** What counts now. */
  value: z.string(),
  default_value: z.string(),
  /** The loosest value its user may choose. */
  ceiling: z.string(),
  /** Whether an administrator set {@link ceiling} for this user alone. */
  own_ceiling: z.boolean(),
  /** A looser value that was chosen, and when it will count. */
  pending_value: z.string().nullable(),
  pending_at: z.string().nullable(),
});

/** See {@link limitSchema}. */
export type Limit = z.infer<typeof limitSchema>;

/** What `my_limits()` answers. */
export const limitsPageSchema = z.object({ items: z.array(limitSchema), next_cursor: z.null() });

/** What `limit_rules_page()` answers: the platform's side of each limit. */
export const limitRulesPageSchema = z.object({
  items: z.array(limitSchema.pick({ name: true, unit: true, tighter: true, default_value: true, ceiling: true })),
  next_cursor: z.null(),
});

/** A limit's default and loosest value for everybody. */
export type LimitRule = z.infer<typeof limitRulesPageSchema>["items"][number];

/** A limit's value as people of this language write it: "€5,000", "20", "30 sec". For reading, never for reckoning. */
export function formatLimit(value: string, unit: LimitUnit, locale: Locale): string {
  const options: Intl.NumberFormatOptions = unit === "eur"
    ? { style: "currency", currency: "EUR", trailingZeroDisplay: "stripIfInteger" }
    : unit === "s"
    ? { style: "unit", unit: "second" }
    : {};
  return new Intl.NumberFormat(locale, options).format(Number(value));
}
