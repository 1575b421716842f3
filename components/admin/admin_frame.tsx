import type { ComponentChildren, JSX } from "preact";
import { Notices, type Said } from "../accounts/parts.tsx";
import { SessionGuard } from "../accounts/session_guard.tsx";
import { StepUpDialog } from "../accounts/step_up_dialog.tsx";
import { useTexts } from "../layout/texts.ts";

const PAGES = [
  ["/admin", "admin.overview"],
  ["/admin/pools", "money.pools"],
  ["/admin/withdrawals", "money.withdrawals"],
  ["/admin/credits", "credits.title"],
  ["/admin/payments", "payments.title"],
  ["/admin/users", "admin.users"],
  ["/admin/limits", "admin.limits"],
  ["/admin/tips", "admin.tips"],
  ["/admin/audit", "admin.audit"],
] as const;

/** The frame of the administrators' pages. `title` stands for the page's name where it shows one of many things. */
export function AdminFrame({ path, title, children, ...said }: Said & {
  path: (typeof PAGES)[number][0];
  title?: string;
  children: ComponentChildren;
}): JSX.Element {
  const { t } = useTexts();
  return (
    <div class="settings">
      <SessionGuard />
      <nav class="settings-nav" aria-label={t("admin.nav")}>
        {PAGES.map(([href, key]) => (
          <a key={href} href={href} aria-current={href === path ? "page" : undefined}>{t(key)}</a>
        ))}
      </nav>
      <div class="settings-body wide">
        <h1>{title ?? t(PAGES.find(([href]) => href === path)?.[1] ?? "admin.nav")}</h1>
        <Notices {...said} />
        {children}
        <StepUpDialog />
      </div>
    </div>
  );
}

/** Where a list goes on, and back to its beginning. `params` are the filters in its address. */
export function Pages({ path, params, cursor, isFirst }: {
  path: string;
  params: Readonly<Record<string, string>>;
  cursor: string | null;
  isFirst: boolean;
}): JSX.Element | null {
  const { t } = useTexts();
  if (cursor === null && isFirst) return null;
  return (
    <nav class="actions" aria-label={t("admin.next")}>
      {!isFirst && <a class="button outline" href={addressOf(path, params)}>{t("admin.first")}</a>}
      {cursor !== null && (
        <a class="button outline" href={addressOf(path, { ...params, cursor })} rel="next">{t("admin.next")}</a>
      )}
    </nav>
  );
}

/** A path with those parameters that say something. */
export function addressOf(path: string, params: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams(Object.entries(params).filter(([, value]) => value !== ""));
  return query.size === 0 ? path : `${path}?${query}`;
}
