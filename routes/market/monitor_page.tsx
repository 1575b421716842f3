import { wrapTime } from "hono/timing";
import { z } from "zod";
import { MonitorPage } from "../../components/market/monitor_page.tsx";
import { CODES } from "../../lib/kernel/codes.ts";
import { t } from "../../lib/kernel/i18n.ts";
import { Refusal } from "../../lib/kernel/problem.ts";
import { EXCHANGE_PATTERN, SYMBOL_PATTERN } from "../../lib/market/candle.ts";
import { isTimeframe } from "../../lib/market/timeframe.ts";
import { accountOf } from "../accounts/own_page.tsx";
import type { App, AppContext } from "../context.ts";
import { renderPage } from "../page.tsx";
import { preferencesOf } from "../preferences.ts";
import type { Services } from "../services.ts";
import { sessionOf } from "../session.ts";

const exchangeField = z.string().regex(EXCHANGE_PATTERN);
const symbolField = z.string().trim().toUpperCase().regex(SYMBOL_PATTERN);

/** Adds the monitor, which anyone may open. */
export function addMonitorPage(app: App, services: Services): void {
  app.get("/monitor", async (c) => {
    const filter = readFilter(c);
    const { exchange, symbol, timeframe } = filter;
    const query = { exchange: exchange ?? undefined, symbol: symbol ?? undefined, timeframe };
    const [session, data, isAdmin] = await Promise.all([
      sessionOf(c, services),
      wrapTime(c, "supabase", services.store.monitor(query)),
      isAdministrator(c, services),
    ]);
    const { locale } = preferencesOf(c);
    const exchanges = data.feeds.map((feed) => feed.exchange);
    return renderPage(c, services, {
      title: t(locale, "monitor.title"),
      description: t(locale, "monitor.description"),
      body: <MonitorPage data={data} filter={filter} exchanges={exchanges} isAdmin={isAdmin} />,
      session,
    });
  });
}

/** An empty field of the form is no filter. */
function readFilter(c: AppContext) {
  const timeframe = c.req.query("timeframe") || "1m";
  if (!isTimeframe(timeframe)) throw new Refusal("invalid_timeframe", CODES.invalid_timeframe.title);
  const exchange = exchangeField.safeParse(c.req.query("exchange") || undefined);
  if (!exchange.success && c.req.query("exchange")) {
    throw new Refusal("invalid_exchange", CODES.invalid_exchange.title);
  }
  const symbol = symbolField.safeParse(c.req.query("symbol") || undefined);
  if (!symbol.success && c.req.query("symbol")) throw new Refusal("invalid_symbol", CODES.invalid_symbol.title);
  return { exchange: exchange.data ?? null, symbol: symbol.data ?? null, timeframe };
}

/** Whether to show the way to what only administrators may see; the page behind it asks the database itself. */
async function isAdministrator(c: AppContext, services: Services): Promise<boolean> {
  const session = await sessionOf(c, services);
  if (session === null) return false;
  try {
    return (await accountOf(services, session)).admin;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}
