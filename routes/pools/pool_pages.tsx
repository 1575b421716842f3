import { wrapTime } from "hono/timing";
import { type OrderProps, PoolsPage } from "../../components/pools/pools_page.tsx";
import type { Session } from "../../lib/accounts/edge/sessions.ts";
import { t } from "../../lib/kernel/i18n.ts";
import { Refusal } from "../../lib/kernel/problem.ts";
import { CHART_POINTS, type PoolState, toPoints } from "../../lib/pools/live_pool.ts";
import { POOL_SCOPES, type PoolScope, type PoolsPage as Page, type Positions } from "../../lib/pools/pool_shapes.ts";
import { isChartRange, rangeStart } from "../../lib/pools/value_chart.ts";
import { endSession, newClientId, NO_STORE, saidTo } from "../accounts/personal.ts";
import type { App, AppContext } from "../context.ts";
import { renderPage } from "../page.tsx";
import { preferencesOf } from "../preferences.ts";
import type { Services } from "../services.ts";
import { sessionOf } from "../session.ts";
import { isId } from "./params.ts";

/** Pools of a page of the list. */
const POOLS_PER_PAGE = 50;

const NO_POSITIONS: Positions = { at: null, items: [] };

/** Adds the list of pools and a pool's page, which anybody may open as far as pools are public. */
export function addPoolPages(app: App, services: Services): void {
  app.get("/pools", (c) => servePools(c, services, null));
  app.get("/pools/:id", (c) => {
    const { id } = c.req.param();
    if (!isId(id)) throw new Refusal("not_found", "There is no such pool");
    return servePools(c, services, id);
  });
}

/** @param asked the pool that was asked for; null takes the first of the list. */
async function servePools(c: AppContext, services: Services, asked: string | null): Promise<Response> {
  const session = await sessionOf(c, services);
  try {
    return await renderPools(c, services, session, asked);
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== "unauthenticated" || session === null) throw error;
    const { pathname, search } = new URL(c.req.url);
    return endSession(c, services, `${pathname}${search}`);
  }
}

async function renderPools(
  c: AppContext,
  services: Services,
  session: Session | null,
  asked: string | null,
): Promise<Response> {
  const { pools, settings, nowMs } = services;
  const scope = scopeOf(c, session);
  const cursor = asked === null ? /^[\w.:+-]{1,128}$/.exec(c.req.query("cursor") ?? "")?.[0] ?? null : null;
  const list = pools.list(session?.accessToken ?? null, { scope, limit: POOLS_PER_PAGE, cursor });
  const [page, shown] = await wrapTime(c, "supabase", readBoth(c, services, session, list, asked));
  const { locale } = preferencesOf(c);
  const title = t(locale, "pools.title");
  const name = shown?.state.detail.pool.name;
  return renderPage(c, services, {
    title: asked === null || name === undefined ? title : name,
    description: asked === null || name === undefined
      ? t(locale, "pools.description")
      : t(locale, "pools.pool_description", { name }),
    body: (
      <PoolsPage
        list={{
          items: page.items,
          nextCursor: page.next_cursor,
          scope,
          chosen: shown?.state.detail.pool.id ?? null,
          isSignedIn: session !== null,
          nowMs: nowMs(),
        }}
        state={shown?.state ?? null}
        positions={shown?.positions ?? NO_POSITIONS}
        orders={shown?.orders ?? null}
        isPaper={settings.mode === "local"}
        shows={asked === null ? "list" : "pool"}
        {...saidTo(c)}
      />
    ),
    session,
    cacheControl: session === null ? "private, no-cache" : NO_STORE,
  });
}

/** The list and the pool beside it: at once where it was asked for, else the list says which it is. */
async function readBoth(
  c: AppContext,
  services: Services,
  session: Session | null,
  list: Promise<Page>,
  asked: string | null,
) {
  if (asked !== null) return await Promise.all([list, readPool(c, services, session, asked)]);
  const page = await list;
  const first = page.items[0];
  return [page, first === undefined ? null : await readPool(c, services, session, first.id)] as const;
}

/** Everything about one pool that its page shows. */
async function readPool(c: AppContext, services: Services, session: Session | null, id: string) {
  const { pools, wallets } = services;
  const token = session?.accessToken ?? null;
  const asked = c.req.query("range");
  const range = isChartRange(asked) ? asked : "all";
  const nowMs = services.nowMs();
  const [detail, performance, positions, wallet] = await Promise.all([
    pools.detail(token, id),
    pools.performance(token, id, { fromMs: rangeStart(range, nowMs), points: CHART_POINTS }),
    pools.positions(token, id),
    session === null ? null : wallets.wallet(session.accessToken),
  ]);
  const state: PoolState = {
    detail,
    points: toPoints(performance),
    settlements: performance.settlements.map(({ at }) => Date.parse(at)),
    range,
    phase: detail.live.stale ? "stale" : "snapshot",
    nowMs,
  };
  const orders: OrderProps | null = wallet && {
    available: wallet.balances.find(({ asset }) => asset === detail.pool.currency)?.available ?? "0",
    subscribeId: newClientId(services),
    redeemId: newClientId(services),
  };
  return { state, positions, orders };
}

/** Whose pools are listed; nobody has any of their own without a session. */
function scopeOf(c: AppContext, session: Session | null): PoolScope {
  const scope = POOL_SCOPES.find((each) => each === c.req.query("scope")) ?? "all";
  return scope === "mine" && session === null ? "all" : scope;
}
