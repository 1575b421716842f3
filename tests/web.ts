import assert from "node:assert/strict";
import { parseSettings, type Settings } from "../lib/kernel/edge/settings.ts";
import { createLogger } from "../lib/kernel/log.ts";
import { startTestSupabase, type TestSupabase } from "../supabase/embedded/testing.ts";
import { createApp } from "../routes/app.ts";
import { type AssetStore, toAsset } from "../routes/assets.ts";
import type { App } from "../routes/context.ts";
import { createServices, type Services } from "../routes/services.ts";

/** Where the app under test believes to be reached; nothing listens there. */
export const ORIGIN = "http://127.0.0.1:55380";

/** First open time of the candles {@link seedMarkets} stores, on a day's boundary. */
export const FIRST_T = Date.UTC(2026, 0, 1);

/** One-minute candles {@link seedMarkets} stores for sim BTC-USDT. */
export const CANDLES_STORED = 1_500;

/** The app without a port, what it was made of, and every line it logged. */
export interface TestWeb {
  app: App;
  services: Services;
  log: string[];
}

/** What differs from a local web on a stack of its own. */
export interface TestWebOptions {
  supabase: Pick<TestSupabase, "url" | "publishableKey">;
  env?: Record<string, string>;
  fetch?: typeof fetch;
  nowMs?: () => number;
}

/** Makes the app as main.ts does, with its log in memory and assets of its own. */
export async function createTestWeb(options: TestWebOptions): Promise<TestWeb> {
  const log: string[] = [];
  const nowMs = options.nowMs ?? Date.now;
  const services = createServices({
    settings: settingsOf({
      OUTCRY_MODE: "local",
      PUBLIC_URL: ORIGIN,
      SUPABASE_URL: options.supabase.url,
      SUPABASE_PUBLISHABLE_KEY: options.supabase.publishableKey,
      EDGE_HMAC_KEY: "0123456789abcdef0123456789abcdef",
      ...options.env,
    }),
    assets: await testAssets(),
    logger: createLogger({ service: "web", write: (line) => void log.push(line), nowMs }),
    fetch: options.fetch ?? ((input, init) => fetch(input, init)),
    nowMs,
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
  });
  return { app: createApp(services), services, log };
}

/** Parses settings that must be good. */
export function settingsOf(env: Record<string, string>): Settings {
  const parsed = parseSettings(env);
  assert.ok(parsed.ok, parsed.ok ? "" : parsed.message);
  return parsed.settings;
}

/** Starts the embedded stack with a web address that belongs to these tests. */
export async function startStack(): Promise<TestSupabase> {
  return await startTestSupabase({ webUrl: ORIGIN });
}

async function testAssets(): Promise<AssetStore> {
  const encode = (text: string) => new TextEncoder().encode(text);
  const script = "export const answer = 42;\n".repeat(100);
  return {
    manifest: {
      css: "/assets/app-1.css",
      boot: "/assets/boot-1.js",
      islands: { market_chart: "/assets/market_chart-1.js" },
      preload: {},
      icon: "/assets/icon-1.svg",
      fonts: [],
    },
    files: new Map([
      ["app-1.css", await toAsset("app-1.css", encode("body{margin:0}"))],
      ["boot-1.js", await toAsset("boot-1.js", encode(script))],
      ["icon-1.svg", await toAsset("icon-1.svg", encode('<svg xmlns="http://www.w3.org/2000/svg"/>'))],
    ]),
  };
}

/** Lists 30 symbols on `sim` and stores candles, a ticker and a live feed for BTC-USDT, as superuser. */
export async function seedMarkets({ sql }: TestSupabase): Promise<void> {
  await sql`insert into public.deployment (mode) values ('local') on conflict do nothing`;
  await sql`
    insert into public.symbols (exchange, symbol, venue_symbol, base, quote, tick_size, lot_size, min_notional)
    select 'sim', b || '-USDT', b || 'USDT', b, 'USDT', 0.01, 0.00001, 5
    from unnest(array['BTC', 'ETH', 'SOL'] || array(select 'C' || lpad(i::text, 2, '0') from generate_series(1, 27) i)) b`;
  await sql`
    select private.ensure_candle_partition('1m', timestamptz 'epoch' + ${FIRST_T} * interval '1 ms' + i * interval '1 day')
    from generate_series(0, 1) i`;
  await sql`
    insert into public.candles (exchange, symbol, timeframe, open_time, open, high, low, close, volume, ind)
    select 'sim', 'BTC-USDT', '1m', timestamptz 'epoch' + ${FIRST_T} * interval '1 ms' + i * interval '1 minute',
      100 + i, 101 + i, 99 + i, 100.50 + i, 3, jsonb_build_object('sma20', 100.5)
    from generate_series(0, ${CANDLES_STORED - 1}) i`;
  await sql`
    insert into public.tickers (exchange, symbol, last, at, open_24h, high_24h, low_24h, volume_24h, quote_volume_24h)
    values ('sim', 'BTC-USDT', 98412.60, now(), 97000, 99000, 96000, 1234.5, 120000000)`;
  await sql`
    insert into public.feed_status
      (exchange, state, sockets, streams, reconnects, gaps_found, gaps_filled, last_event_at)
    values ('sim', 'live', 1, 23, 0, 0, 0, now())`;
}

/** A browser as far as HTTP goes: cookies by host, redirects, and headers that tell its own site. */
export class TestBrowser {
  readonly cookies = new Map<string, string>();
  /** `Set-Cookie` lines of the web, in order. */
  readonly setCookies: string[] = [];
  /** Addresses visited by the last {@link follow}, the first included. */
  trail: string[] = [];
  readonly #web: TestWeb;

  constructor(web: TestWeb) {
    this.#web = web;
  }

  /** One request to the web, without following redirects. */
  async request(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (!headers.has("accept")) headers.set("accept", "text/html");
    if (this.cookies.size > 0) headers.set("cookie", [...this.cookies].map(([n, v]) => `${n}=${v}`).join("; "));
    if (init.method === "POST" && !headers.has("origin")) headers.set("origin", ORIGIN);
    const response = await this.#web.app.request(new URL(path, ORIGIN), { ...init, headers });
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    return response;
  }

  /** Posts a form, without following redirects. */
  async post(path: string, fields: Record<string, string>): Promise<Response> {
    return await this.request(path, { method: "POST", body: new URLSearchParams(fields) });
  }

  /** Follows redirects, across hosts too, until something else answers. */
  async follow(response: Response): Promise<Response> {
    this.trail = [];
    let current = response;
    for (let hops = 0; hops < 10; hops++) {
      const location = current.headers.get("location");
      if (location === null) return current;
      await current.body?.cancel();
      const url = new URL(location, ORIGIN);
      this.trail.push(url.href);
      current = url.origin === ORIGIN
        ? await this.request(url.href)
        : await fetch(url, { redirect: "manual", headers: { accept: "text/html" } });
    }
    throw new Error(`Cannot follow: more than 10 redirects from ${this.trail[0]}`);
  }

  /** Signs in as the demo trader through the local identity provider. */
  async signIn(next = "/markets"): Promise<Response> {
    return await this.follow(await this.post("/login/demo", { next }));
  }

  #keep(line: string): void {
    this.setCookies.push(line);
    const [pair = ""] = line.split(";");
    const name = pair.slice(0, pair.indexOf("="));
    if (/max-age=0/i.test(line)) this.cookies.delete(name);
    else this.cookies.set(name, pair.slice(name.length + 1));
  }
}
