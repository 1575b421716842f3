import assert from "node:assert/strict";
import { type createContext, createMarketPage, createRow, renderPart } from "../testing.ts";
import { LANDING_TICKERS_MAX, LandingPage } from "./landing_page.tsx";
import { MarketPage } from "./market_page.tsx";
import { MarketsPage } from "./markets_page.tsx";

/** What a reader sees, without the data for the islands. */
function textOf(html: string): string {
  return html.replace(/<script[^]*?<\/script>/g, "").replace(/<[^>]+>/g, " ").replace(/\s+/g, " ");
}

Deno.test("a market's price, day and last candles are readable without JavaScript", () => {
  const text = textOf(renderPart(<MarketPage page={createMarketPage()} timeframe="15m" />));
  assert.match(text, /BTC \/ ?USDT/);
  assert.match(text, /98,412\.60/);
  assert.match(text, /\+1,959\.61 \(\+2\.03%\)/);
  assert.match(text, /98,627\.55.*95,729\.19.*18,442\.71.*1\.80B/);
  assert.match(text, /15 Oct 00:45 98,412\.60 \+0\.08%/);
  assert.match(text, /Snapshot/);
});

Deno.test("the timeframe switch is made of links, and marks the one shown", () => {
  const html = renderPart(<MarketPage page={createMarketPage()} timeframe="4h" />);
  const links = [...html.matchAll(/href="\?timeframe=(\w+)"( aria-current="true")?/g)];
  assert.deepEqual(links.map(([, timeframe]) => timeframe), ["1m", "5m", "15m", "1h", "4h", "1d"]);
  assert.deepEqual(links.filter(([, , current]) => current).map(([, timeframe]) => timeframe), ["4h"]);
});

Deno.test("a market nobody has traded reads No data, and never 0", () => {
  const page = createMarketPage({ ticker: null, feed: null, candles: [] });
  const text = textOf(renderPart(<MarketPage page={page} timeframe="1m" />));
  assert.equal(text.match(/No data/g)?.length, 8);
  assert.match(text, /No candles yet/);
  assert.doesNotMatch(text, /\b0\.00\b|NaN|undefined/);
});

Deno.test("a falling market shows a true minus and a triangle pointing down", () => {
  const row = createRow();
  const ticker = row.ticker ? { ...row.ticker, last: "96000" } : undefined;
  const html = renderPart(<MarketsPage rows={[{ ...row, ticker }]} query="" nextCursor={null} />);
  assert.match(html, /class="change down"><svg class="triangle"[^>]*><path d="M4 6\.8/);
  assert.match(textOf(html), /−0\.47%/);
  assert.doesNotMatch(textOf(html), /-0\.47/);
});

Deno.test("each row of the list is a link to its market, and the search works as a plain form", () => {
  const rows = [createRow(), createRow({ symbol: "ETH-USDT", base: "ETH" })];
  const html = renderPart(<MarketsPage rows={rows} query="usdt" nextCursor="sim:ETH-USDT" />);
  assert.match(html, /class="row-link" href="\/markets\/sim\/BTC-USDT"/);
  assert.match(html, /class="row-link" href="\/markets\/sim\/ETH-USDT"/);
  assert.match(html, /<form[^>]*action="\/markets" method="get"/);
  assert.match(html, /value="usdt"/);
  assert.match(html, /href="\/markets\?q=usdt&amp;cursor=sim%3AETH-USDT"/);
});

Deno.test("a search that finds nothing says so and leads back", () => {
  const text = textOf(renderPart(<MarketsPage rows={[]} query="zzz" nextCursor={null} />));
  assert.match(text, /No market matches “zzz”\. Show all/);
});

Deno.test("a hostile symbol from an exchange stays text everywhere", () => {
  const hostile = `<b onclick="x">"'&</script>`;
  const row = createRow({ base: hostile, quote: hostile, venue_symbol: hostile });
  const { ticker: _, spark: __, ...symbol } = row;
  const pages = [
    renderPart(<MarketsPage rows={[row]} query="" nextCursor={null} />),
    renderPart(<LandingPage tickers={[row]} />),
    renderPart(<MarketPage page={createMarketPage({ symbol })} timeframe="1m" />),
  ];
  for (const html of pages) {
    assert.doesNotMatch(html, /<b /);
    assert.equal(html.match(/<script/g)?.length, html.match(/<\/script>/g)?.length);
  }
});

Deno.test("the landing page leads with BTC-USDT and shows a handful", () => {
  const rows = Array.from({ length: 9 }, (_, i) => createRow({ symbol: `C${i}-USDT`, base: `C${i}` }));
  const html = renderPart(<LandingPage tickers={[...rows, createRow()]} />);
  assert.match(html, /Open the BTC\/USDT market/);
  assert.equal(html.match(/class="panel (featured|ticker-card)"/g)?.length, LANDING_TICKERS_MAX);
});

Deno.test("the landing page offers the demo account in local mode alone, and not to who is signed in", () => {
  const page = (overrides: Parameters<typeof createContext>[0]) =>
    renderPart(<LandingPage tickers={[createRow()]} />, overrides);
  assert.match(page({}), /action="\/login\/demo" method="post"/);
  assert.doesNotMatch(page({ localMode: false }), /demo/);
  assert.doesNotMatch(page({ user: { id: "1", name: "Ada" } }), /demo|Sign in/);
});

Deno.test("the landing page stands without a single market", () => {
  const text = textOf(renderPart(<LandingPage tickers={[]} />));
  assert.match(text, /See all markets/);
  assert.match(text, /No market is listed yet/);
});
