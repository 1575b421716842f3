import type { JSX } from "preact";
import type { MessageKey } from "../../lib/kernel/i18n.ts";
import { ChevronIcon, Logo, MenuIcon, SearchIcon } from "./icons.tsx";
import type { PageContext } from "./page_context.ts";
import { PreferencesMenu } from "./preferences_menu.tsx";
import { useTexts } from "./texts.ts";

/** Characters a search may have; the query behind it takes no more. */
export const SEARCH_LENGTH_MAX = 40;

/** A part of the site that the navigation leads to. */
interface SectionOf {
  href: string;
  title: MessageKey;
  /** For who is signed in. */
  isOwn?: boolean;
}

/** All of them: side by side where there is room, and in a menu on phones. */
const SECTIONS: readonly SectionOf[] = [
  { href: "/markets", title: "layout.markets" },
  { href: "/live", title: "rooms.title" },
  { href: "/pools", title: "pools.title" },
  { href: "/monitor", title: "layout.monitor" },
  { href: "/wallet", title: "wallet.title", isOwn: true },
];

/** Logo, navigation, search and the visitor's own menu. */
export function Header({ ctx, query }: { ctx: PageContext; query: string }): JSX.Element {
  const { t } = useTexts();
  const sections = SECTIONS.filter(({ isOwn }) => !isOwn || ctx.user !== null);
  return (
    <header class="header">
      <details class="menu sections-menu" data-menu>
        <summary aria-label={t("layout.sections")} title={t("layout.sections")}>
          <MenuIcon />
        </summary>
        <nav class="menu-panel" aria-label={t("layout.main_nav")}>
          {sections.map((section) => (
            <SectionLink key={section.href} {...section} path={ctx.path} className="menu-item" />
          ))}
        </nav>
      </details>
      <a class="brand" href="/" aria-label={t("layout.home")}>
        <Logo />
        <span>Outcry</span>
      </a>
      <nav class="nav" aria-label={t("layout.main_nav")}>
        {sections.map((section) => <SectionLink key={section.href} {...section} path={ctx.path} />)}
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

function SectionLink({ href, title, path, className }: SectionOf & { path: string; className?: string }): JSX.Element {
  const { messages } = useTexts();
  const current = path === href ? "page" : path.startsWith(`${href}/`) ? "true" : undefined;
  return <a class={className} href={href} aria-current={current}>{messages[title]}</a>;
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
