import type { JSX } from "preact";
import { ChevronIcon, Logo, SearchIcon } from "./icons.tsx";
import type { PageContext } from "./page_context.ts";
import { PreferencesMenu } from "./preferences_menu.tsx";
import { useTexts } from "./texts.ts";

/** Characters a search may have; the query behind it takes no more. */
export const SEARCH_LENGTH_MAX = 40;

/** Logo, navigation, search and the visitor's own menu. */
export function Header({ ctx, query }: { ctx: PageContext; query: string }): JSX.Element {
  const { t } = useTexts();
  const onMarkets = ctx.path === "/markets" || ctx.path.startsWith("/markets/");
  return (
    <header class="header">
      <a class="brand" href="/" aria-label={t("layout.home")}>
        <Logo />
        <span>Outcry</span>
      </a>
      <nav class="nav" aria-label={t("layout.main_nav")}>
        <a href="/markets" aria-current={ctx.path === "/markets" ? "page" : onMarkets ? "true" : undefined}>
          {t("layout.markets")}
        </a>
        <a
          class="wide-link"
          href="/live"
          aria-current={ctx.path === "/live" ? "page" : ctx.path.startsWith("/live/") ? "true" : undefined}
        >
          {t("rooms.title")}
        </a>
        <a
          class="wide-link"
          href="/pools"
          aria-current={ctx.path === "/pools" ? "page" : ctx.path.startsWith("/pools/") ? "true" : undefined}
        >
          {t("pools.title")}
        </a>
        <a class="wide-link" href="/monitor" aria-current={ctx.path === "/monitor" ? "page" : undefined}>
          {t("layout.monitor")}
        </a>
        {ctx.user && (
          <a class="wide-link" href="/wallet" aria-current={ctx.path === "/wallet" ? "page" : undefined}>
            {t("wallet.title")}
          </a>
        )}
      </nav>
      <form class="search" action="/markets" method="get" role="search">
        <SearchIcon />
        <input
          type="search"
          name="q"
          value={query}
          maxLength={SEARCH_LENGTH_MAX}
          placeholder={t("layout.search_markets")}
          aria-label={t("layout.search_markets")}
          autocomplete="off"
          spellcheck={false}
          data-search
        />
        <kbd aria-hidden="true">Ctrl K</kbd>
      </form>
      <a class="icon-button search-link" href="/markets#search" aria-label={t("layout.search_markets")}>
        <SearchIcon />
      </a>
      <PreferencesMenu ctx={ctx} />
      {ctx.user ? <UserMenu name={ctx.user.name} /> : <SignIn path={ctx.path} />}
    </header>
  );
}

function SignIn({ path }: { path: string }): JSX.Element | null {
  const { t } = useTexts();
  if (path === "/login") return null;
  const next = path === "/" ? "" : `?next=${encodeURIComponent(path)}`;
  return <a class="button secondary" href={`/login${next}`}>{t("layout.sign_in")}</a>;
}

function UserMenu({ name }: { name: string }): JSX.Element {
  const { t } = useTexts();
  return (
    <details class="menu" data-menu>
      <summary aria-label={t("layout.account_of", { name })}>
        <span class="avatar" aria-hidden="true">{initialsOf(name)}</span>
        <span class="menu-name">{name}</span>
        <ChevronIcon />
      </summary>
      <div class="menu-panel">
        <p class="menu-who">
          {t("layout.signed_in_as")} <strong>{name}</strong>
        </p>
        <a class="menu-item" href="/wallet">{t("wallet.title")}</a>
        <a class="menu-item" href="/investments">{t("pools.my_investments")}</a>
        <a class="menu-item" href="/live/studio">{t("studio.title")}</a>
        <a class="menu-item" href="/settings">{t("accounts.settings")}</a>
        <a class="menu-item" href="/alerts">{t("alerts.title")}</a>
        <a class="menu-item" href="/notifications">{t("accounts.notifications")}</a>
        <form action="/logout" method="post">
          <button type="submit" class="menu-item">{t("layout.sign_out")}</button>
        </form>
      </div>
    </details>
  );
}

/** Up to two letters that stand for a name. */
function initialsOf(name: string): string {
  const words = name.split(/[\s._-]+/).filter((word) => word.length > 0);
  const letters = words.length > 1 ? words.slice(0, 2).map((word) => [...word][0]) : [...(words[0] ?? "?")].slice(0, 2);
  return letters.join("").toUpperCase();
}
