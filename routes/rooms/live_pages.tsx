import { wrapTime } from "hono/timing";
import { LivePage, ROOM_SEARCH_LENGTH_MAX } from "../../components/rooms/live_page.tsx";
import { t } from "../../lib/kernel/i18n.ts";
import { Refusal } from "../../lib/kernel/problem.ts";
import type { MarketRow } from "../../lib/market/page.ts";
import { isCategory } from "../../lib/rooms/categories.ts";
import type { StreamsPage } from "../../lib/rooms/answers.ts";
import { thumbnailOf } from "../../lib/rooms/thumbnail.ts";
import { endSession, NO_STORE } from "../accounts/personal.ts";
import type { App, AppContext } from "../context.ts";
import { renderPage } from "../page.tsx";
import { preferencesOf } from "../preferences.ts";
import type { Services } from "../services.ts";
import { sessionOf } from "../session.ts";
import { allowPictures } from "./media_policy.ts";

/** Live rooms of a page, and lines of the lists below them. */
const LIVE_PER_PAGE = 24;
const LISTED_MAX = 8;

/** Markets looked through for those on show. */
const MARKETS_MAX = 200;

/** Adds the list of rooms, which anybody may open. */
export function addLivePages(app: App, services: Services): void {
  app.get("/live", async (c) => {
    const session = await sessionOf(c, services);
    try {
      return await showList(c, services, session?.accessToken ?? null);
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== "unauthenticated" || session === null) throw error;
      return endSession(c, services, "/live");
    }
  });
}

async function showList(c: AppContext, services: Services, token: string | null): Promise<Response> {
  const { rooms, nowMs } = services;
  const asked = c.req.query("category");
  const category = isCategory(asked) ? asked : null;
  const query = (c.req.query("q") ?? "").trim().slice(0, ROOM_SEARCH_LENGTH_MAX);
  const search = query === "" ? null : query;
  const cursor = /^[\w.:+-]{1,128}$/.exec(c.req.query("cursor") ?? "")?.[0] ?? null;
  const filter = { category, search };
  const [live, scheduled, ended, markets] = await wrapTime(
    c,
    "supabase",
    Promise.all([
      rooms.list(token, { status: "live", ...filter, limit: LIVE_PER_PAGE, cursor }),
      rooms.list(token, { status: "scheduled", ...filter, limit: LISTED_MAX, cursor: null }),
      rooms.list(token, { status: "ended", ...filter, limit: LISTED_MAX, cursor: null }),
      marketsOnShow(c, services),
    ]),
  );
  // Pictures come from servers of the streamers' choice, which this page alone may reach, and only those it shows.
  allowPictures(c, live.items.flatMap(({ thumbnail_url }) => thumbnailOf(thumbnail_url)?.origin ?? []));
  const { locale } = preferencesOf(c);
  return renderPage(c, services, {
    title: t(locale, "rooms.title"),
    description: t(locale, "rooms.description"),
    body: (
      <LivePage
        live={live.items}
        nextCursor={live.next_cursor}
        scheduled={scheduled.items}
        ended={ended.items}
        category={category}
        query={query}
        markets={onlyShown(markets, live)}
        nowMs={nowMs()}
      />
    ),
    session: await sessionOf(c, services),
    cacheControl: token === null ? "private, no-cache" : NO_STORE,
  });
}

/** Listed markets with their last day. The list of rooms does without where they cannot be read. */
async function marketsOnShow(c: AppContext, { store, logger }: Services): Promise<MarketRow[]> {
  try {
    return (await store.symbolsPage({ limit: MARKETS_MAX, spark: true })).items;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    logger.warn("List of rooms has no markets", { request_id: c.get("requestId"), code: error.code });
    return [];
  }
}

function onlyShown(rows: readonly MarketRow[], { items }: StreamsPage): Map<string, MarketRow> {
  const shown = new Set(items.map(({ markets }) => markets[0]));
  return new Map(
    rows.map((row) => [`${row.exchange}:${row.symbol}`, row] as const).filter(([key]) => shown.has(key)),
  );
}
