import type { Texts } from "../layout/texts.ts";

/** How long ago something was, in the largest unit that has begun: "5 min ago", "3 h ago", "2 d ago". */
export function ageText(t: Texts["t"], at: string, nowMs: number): string {
  const minutes = Math.max(0, Math.floor((nowMs - Date.parse(at)) / 60_000));
  if (minutes < 60) return t("money.age_minutes", { count: minutes });
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? t("money.age_hours", { count: hours }) : t("money.age_days", { count: Math.floor(hours / 24) });
}
