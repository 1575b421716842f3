import type { ComponentChildren, JSX } from "preact";
import { Notices, type Said } from "../accounts/parts.tsx";
import { SessionGuard } from "../accounts/session_guard.tsx";
import { useTexts } from "../layout/texts.ts";

const PAGES = [["/admin/users", "admin.users"], ["/admin/audit", "admin.audit"]] as const;

/** The frame of the administrators' pages, with a search over the page's list. */
export function AdminFrame({ path, query, placeholder, children, ...said }: Said & {
  path: (typeof PAGES)[number][0];
  query: string;
  placeholder: string;
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
        <h1>{t(PAGES.find(([href]) => href === path)?.[1] ?? "admin.nav")}</h1>
        <Notices {...said} />
        <form action={path} method="get" class="inline-form" role="search">
          <input
            type="search"
            name="q"
            value={query}
            maxLength={100}
            placeholder={placeholder}
            aria-label={placeholder}
          />
          <button type="submit" class="button secondary">{t("admin.search")}</button>
        </form>
        {children}
      </div>
    </div>
  );
}

/** Where the list goes on. */
export function NextPage({ path, query, cursor }: {
  path: string;
  query: string;
  cursor: string | null;
}): JSX.Element | null {
  const { t } = useTexts();
  if (cursor === null) return null;
  return (
    <div class="actions">
      <a class="button outline" href={`${path}?${new URLSearchParams({ q: query, cursor })}`} rel="next">
        {t("admin.next")}
      </a>
    </div>
  );
}
