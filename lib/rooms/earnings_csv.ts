import type { Earnings } from "./answers.ts";

/** What each day's tips brought, as a table for spreadsheets: decimal strings as they are, days in UTC. */
export function earningsCsv({ days, currency }: Pick<Earnings, "days" | "currency">): string {
  const rows = days.map(({ day, tips, amount, fee, net }) => [day, tips, amount, fee, net, currency].join(","));
  return `${["day,tips,amount,fee,net,currency", ...rows].join("\n")}\n`;
}
