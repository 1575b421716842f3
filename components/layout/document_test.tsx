import assert from "node:assert/strict";
import { LoginPage } from "../accounts/login_page.tsx";
import { LandingPage } from "../market/landing_page.tsx";
import { MarketPage } from "../market/market_page.tsx";
import { MarketsPage } from "../market/markets_page.tsx";
import { createContext, createMarketPage, createRow } from "../testing.ts";
import { renderDocument } from "./document.tsx";
import { ErrorPage } from "./error_page.tsx";
import { jsonForHtml } from "./island.tsx";
import { toProblem } from "../../lib/kernel/problem.ts";

const PARTS = { title: "Title", description: "Description" };

const PAGES = {
  landing: <LandingPage tickers={[createRow(), createRow({ symbol: "ETH-USDT", base: "ETH" })]} />,
  markets: <MarketsPage rows={[createRow()]} query="btc" nextCursor="sim:BTC-USDT" />,
  market: <MarketPage page={createMarketPage()} timeframe="15m" />,
  login: <LoginPage providers={["google", "github"]} demo next="/" error="Try again" />,
  error: <ErrorPage problem={toProblem("not_found", "Nothing here")} />,
};

Deno.test("no page holds an inline style or an executable inline script", () => {
  for (const [name, body] of Object.entries(PAGES)) {
    const html = renderDocument(createContext({ user: { id: "1", name: "Ada" } }), { ...PARTS, body });
    assert.doesNotMatch(html, /\sstyle=|<style|\son[a-z]+=|javascript:/i, name);
    for (const [, attributes = ""] of html.matchAll(/<script([^>]*)>/g)) {
      assert.match(attributes, /type="application\/json"|src="\/assets\/boot-0\.js" nonce="bm9uY2U"/, name);
    }
  }
});

Deno.test("every page says that local mode is not real, and says nothing of it in production", () => {
  for (const [name, body] of Object.entries(PAGES)) {
    const local = renderDocument(createContext(), { ...PARTS, body });
    assert.match(local, /LOCAL/, name);
    assert.match(local, /Simulated market and demo accounts\..*Nothing here is real money\./, name);
    const production = renderDocument(createContext({ localMode: false }), { ...PARTS, body });
    assert.doesNotMatch(production, /LOCAL|Simulated market|demo accounts/, name);
  }
});

Deno.test("a page loads the modules of its own islands and no others", () => {
  const login = renderDocument(createContext(), { ...PARTS, body: PAGES.login });
  assert.doesNotMatch(login, /modulepreload|data-island/);
  const market = renderDocument(createContext(), { ...PARTS, body: PAGES.market });
  const preloaded = [...market.matchAll(/rel="modulepreload" href="([^"]+)"/g)].map(([, href]) => href);
  assert.deepEqual(preloaded, ["/assets/chart-0.js", "/assets/chunk-0.js"]);
  const config = JSON.parse(/id="page">([^<]+)</.exec(market)?.[1] ?? "");
  assert.deepEqual(config.islands, { market_chart: "/assets/chart-0.js", feed_status: "/assets/chart-0.js" });
});

Deno.test("a hostile user name and search stay text", () => {
  const hostile = `"><img src=x onerror=alert(1)></script><!--`;
  const html = renderDocument(createContext({ user: { id: "1", name: hostile } }), {
    title: hostile,
    description: hostile,
    query: hostile,
    body: <MarketsPage rows={[]} query={hostile} nextCursor={null} />,
  });
  assert.doesNotMatch(html, /<img/);
  assert.match(html, /&lt;img src=x/);
});

Deno.test("jsonForHtml() cannot close its script element, and reads back the same", () => {
  const value = { name: "</script><!-- & \u2028", price: "1" };
  const json = jsonForHtml(value);
  assert.doesNotMatch(json, /[<>&\u2028]/);
  assert.deepEqual(JSON.parse(json), value);
});

Deno.test("signing out is a form that posts, and who is not signed in can sign in and come back", () => {
  const signedIn = renderDocument(createContext({ user: { id: "1", name: "Ada" } }), { ...PARTS, body: PAGES.error });
  assert.match(signedIn, /<form action="\/logout" method="post">/);
  const path = "/markets/sim/BTC-USDT";
  const signedOut = renderDocument(createContext({ path }), { ...PARTS, body: PAGES.market });
  assert.match(signedOut, /href="\/login\?next=%2Fmarkets%2Fsim%2FBTC-USDT"/);
});
