/** What streams are about. The database takes any small word; these have a name in every language. */
export const CATEGORIES = [
  "crypto",
  "day_trading",
  "swing_trading",
  "analysis",
  "strategies",
  "education",
  "news",
] as const;

/** See {@link CATEGORIES}. */
export type Category = (typeof CATEGORIES)[number];

/** Whether a stream's category is one of ours. */
export function isCategory(value: unknown): value is Category {
  return CATEGORIES.some((category) => category === value);
}
