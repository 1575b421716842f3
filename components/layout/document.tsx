import type { VNode } from "preact";
import { renderToString } from "preact-render-to-string";
import type { Theme } from "../../lib/kernel/theme.ts";
import { messagesOf } from "../../lib/kernel/i18n.ts";
import { Header } from "./header.tsx";
import { Island, jsonForHtml } from "./island.tsx";
import { islandMessages } from "./island_texts.ts";
import type { PageContext } from "./page_context.ts";
import { PageProvider } from "./page_provider.ts";
import { StatusBar } from "./status_bar.tsx";
import { createTexts, renderWith } from "./texts.ts";

/** The canvas of each theme, for the browser's own frame. */
const THEME_COLORS: Readonly<Record<Theme, string>> = { dark: "#05070a", light: "#e9edf3", contrast: "#000000" };

/** Islands whose modules export `feed_status` and `pageConnection` too. */
const FEED_HOLDERS = ["market_chart", "monitor", "room_view", "studio"];

/** What guards a page of one's own, sends its forms, or tells its age itself: it does not make it a page of prices. */
const FORM_HELPERS = ["session_guard", "step_up", "alert_forms", "pool_view", "room_video", "live_list"];

/** What a page adds to the frame around it. */
export interface DocumentParts {
  /** Without the site's name. */
  title: string;
  description: string;
  body: VNode;
  /** Text of the search that led here, shown again in the header. */
  query?: string;
}

/**
 * Renders a full HTML document. It holds no inline style and no executable inline script, so it
 * works under `script-src 'nonce-…' 'self'; style-src 'self'`.
 */
export function renderDocument(ctx: PageContext, { title, description, body, query = "" }: DocumentParts): string {
  const { locale, timeZone, theme } = ctx;
  const texts = createTexts({ locale, timeZone, messages: messagesOf(locale) });
  const main = renderWith(
    texts,
    () => renderToString(<PageProvider.Provider value={ctx}>{body}</PageProvider.Provider>),
  );
  const names = Object.keys(ctx.assets.islands).filter((name) => main.includes(`data-island="${name}"`));
  const live = names.some((name) => !FORM_HELPERS.includes(name));
  if (live && ctx.assets.islands.feed_status) names.push("feed_status");
  if (live && ctx.user !== null && ctx.assets.islands.alert_toast) names.push("alert_toast");
  // The larger pages' modules hold the feed's status as well: the lists' module would be 3 kB more.
  const holderOf = (name: string) =>
    name === "feed_status" ? FEED_HOLDERS.find((holder) => names.includes(holder)) ?? name : name;
  const modules = new Set(
    names.map(holderOf).flatMap((name) => [ctx.assets.islands[name] ?? "", ...ctx.assets.preload[name] ?? []]),
  );
  const config = {
    realtime: ctx.realtime,
    signed_in: ctx.user !== null,
    islands: Object.fromEntries(names.map((name) => [name, ctx.assets.islands[holderOf(name)]])),
    texts: { locale, timeZone, messages: islandMessages(locale, names) },
  };
  const html = renderWith(texts, () =>
    renderToString(
      <html lang={locale} data-theme={theme}>
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <title>{`${title} · Outcry`}</title>
          <meta name="description" content={description} />
          <meta name="theme-color" content={THEME_COLORS[theme]} />
          <meta name="color-scheme" content={theme === "light" ? "light" : "dark"} />
          <link rel="icon" href={ctx.assets.icon} type="image/svg+xml" />
          {ctx.assets.fonts.map((font) => (
            <link key={font} rel="preload" href={font} as="font" type="font/woff2" crossOrigin="anonymous" />
          ))}
          <link rel="stylesheet" href={ctx.assets.css} />
          {[...modules].map((module) => <link key={module} rel="modulepreload" href={module} nonce={ctx.nonce} />)}
          <script type="application/json" id="page" dangerouslySetInnerHTML={{ __html: jsonForHtml(config) }} />
          <script type="module" src={ctx.assets.boot} nonce={ctx.nonce} />
        </head>
        <body>
          <a class="skip" href="#main">{texts.t("layout.skip")}</a>
          <StatusBar localMode={ctx.localMode} live={live} />
          <Header ctx={ctx} query={query} />
          <main id="main" tabIndex={-1} dangerouslySetInnerHTML={{ __html: main }} />
          {live && ctx.user && (
            <Island name="alert_toast" props={{ userId: ctx.user.id }}>
              <div class="toasts" role="status" />
            </Island>
          )}
        </body>
      </html>,
    ));
  return `<!doctype html>${html}`;
}
