import assert from "node:assert/strict";
import { LOCALES } from "../../lib/kernel/text.ts";
import { createAlert, createDepth, createDraft, createMarketPage, createMonitor, renderPart } from "../testing.ts";
import { AlertsPage } from "./alerts_page.tsx";
import { NotificationsPage } from "../accounts/notifications_page.tsx";
import { MarketPage } from "./market_page.tsx";
import { MarketsPage } from "./markets_page.tsx";
import { MonitorPage } from "./monitor_page.tsx";
import { QuarantinePage } from "./quarantine_page.tsx";

const FILTER = { exchange: null, symbol: null, timeframe: "1m" } as const;

/** What a reader sees, without the data for the islands. */
function textOf(html: string): string {
  return html.replace(/<script[^]*?<\/script>/g, "").replace(/<[^>]+>/g, " ").replace(/\s+/g, " ");
}

Deno.test("book, spread and trades are readable without JavaScript, the best prices beside the spread", () => {
  const page = createMarketPage({ depth: createDepth() });
  const text = textOf(renderPart(<MarketPage page={page} timeframe="1m" />));
  assert.match(text, /98,430\.00 0\.16090 0\.206 98,412\.60 0\.04490 0\.045 98,412\.60 Spread 0\.10 98,412\.50/);
  assert.match(text, /98,412\.60 0\.69930 14:32:08 Sell 98,412\.50 0\.16200 14:32:07/);
});

Deno.test("a book that nobody keeps up is called stale in words, not by colour alone", () => {
  const page = createMarketPage({ depth: createDepth({ stale: true }) });
  for (const [locale, word] of [["en", "Stale"], ["fr", "Périmé"], ["es", "Caducado"]] as const) {
    const html = renderPart(<MarketPage page={page} timeframe="1m" />, { locale });
    assert.match(html, /data-book="stale"/);
    const panel = html.slice(html.indexOf("data-book"), html.indexOf("<table"));
    assert.match(textOf(panel), new RegExp(word, "i"), locale);
  }
});

Deno.test("a book and trades that were never looked at say so, and never 0", () => {
  for (const locale of LOCALES) {
    const text = textOf(renderPart(<MarketPage page={createMarketPage()} timeframe="1m" />, { locale }));
    assert.doesNotMatch(text, /NaN|undefined|Spread 0/);
  }
  assert.match(textOf(renderPart(<MarketPage page={createMarketPage()} timeframe="1m" />)), /No order book yet/);
});

Deno.test("the price in EUR goes by the quote's rate, and reads No data where that is missing or old", () => {
  const rate = { eur: "0.5", at: "2026-10-14T14:32:08Z", stale: false };
  const textFor = (rates: Record<string, typeof rate>) =>
    textOf(renderPart(<MarketPage page={createMarketPage({ rates })} timeframe="1m" />));
  assert.match(textFor({ USDT: rate }), /In EUR €49,206\.30/);
  assert.match(textFor({ USDT: { ...rate, stale: true } }), /In EUR No data/);
  assert.match(textFor({ BTC: rate }), /In EUR No data/);
});

Deno.test("a delisted market says so where its price and its chart are", () => {
  const page = createMarketPage();
  const text = textOf(
    renderPart(<MarketPage page={{ ...page, symbol: { ...page.symbol, active: false } }} timeframe="1m" />),
  );
  assert.match(text, /Simulator, not trading/);
  assert.match(text, /no longer traded/);
});

Deno.test("a market's page links the same pair on other exchanges", () => {
  const html = renderPart(<MarketPage page={createMarketPage()} timeframe="1m" elsewhere={["kraken"]} />);
  assert.match(html, /<a href="\/markets\/kraken\/BTC-USDT">Kraken<\/a>/);
});

Deno.test("the list offers exchanges where there are several, and keeps search and choice together", () => {
  const list = (exchanges: string[]) =>
    renderPart(<MarketsPage rows={[]} query="btc" exchange="kraken" exchanges={exchanges} nextCursor={null} />);
  assert.doesNotMatch(list(["sim"]), /exchange-filter/);
  const html = list(["kraken", "sim"]);
  assert.match(html, /href="\/markets\?q=btc"[^>]*>All exchanges/);
  assert.match(html, /href="\/markets\?exchange=kraken&amp;q=btc" aria-current="true"/);
  assert.match(html, /<input type="hidden" name="exchange" value="kraken"/);
});

Deno.test("the form for an alert has the chosen indicator's own parameters within their bounds", () => {
  const macd = createDraft().subjects.find(({ id }) => id === "macd") ?? null;
  const html = renderPart(<AlertsPage alerts={[]} draft={createDraft({ subject: macd, value: "" })} exchange="sim" />);
  assert.match(html, /<input type="number" name="param_slow" value="26" min="2" max="\d+" step="1" required/);
  assert.match(html, /<select name="output"><option selected value="line">|<option value="line" selected/);
  assert.doesNotMatch(html, /At every price/);
  assert.doesNotMatch(html, /function|=&gt;/, "no code of an indicator in the page");
});

Deno.test("an alert reads as a sentence with what can be done to it", () => {
  const alerts = [
    createAlert(),
    createAlert({ id: "2", state: "fired", indicator: "macd(12,26,9).signal", timeframe: "15m", condition: "below" }),
  ];
  const html = renderPart(<AlertsPage alerts={alerts} draft={null} exchange="sim" />);
  const text = textOf(html);
  assert.match(text, /BTC\/USDT Simulator Price rises to 98,500 Armed .*Pause Delete/);
  assert.match(text, /MACD\(12,26,9\)\.SIGNAL 15m at or below 98,500 Fired .*Arm again Delete/);
  assert.match(html, /action="\/alerts\/2\/state" method="post"/);
});

Deno.test("notices tell of fired alerts and of feeds in words; data of another shape is still news", () => {
  const at = "2026-10-14T14:32:08+00:00";
  const notice = (kind: string, data: Record<string, unknown>) =>
    textOf(
      renderPart(<NotificationsPage notifications={[{ id: "1", kind, data, created_at: at, read_at: at }]} />),
    );
  assert.match(notice("alert", { ...createAlert(), fired_value: "98501" }), /BTC\/USDT: Price rises to 98,500/);
  const trouble = { exchange: "sim", kind: "symbol_silent", symbol: "BTC-USDT", symbols: 3 };
  assert.match(notice("feed_alert", trouble), /Symbol silent: BTC\/USDT \(\+2\), Simulator/);
  for (const kind of ["alert", "feed_alert"]) assert.doesNotMatch(notice(kind, { x: 1 }), /undefined|null/);
});

Deno.test("the monitor shows every figure of a feed, what is wrong, and only what a repair changed", () => {
  const text = textOf(
    renderPart(<MonitorPage data={createMonitor()} filter={FILTER} exchanges={["sim"]} isAdmin={false} />),
  );
  assert.match(text, /12\.5 per second .*41 \/ 120 ms .*p50 \/ p99 No data/);
  assert.match(text, /planned \/ lost 1 \/ 3 Gaps, found \/ filled 2 \/ 2 Bad frames 4 .*23 \/ 1 .*01a1f8c1-fd9a/);
  assert.match(text, /Symbol silent BTC-USDT Simulator since 14 Oct 14:32/);
  assert.match(text, /BTC-USDT 5m 14 Oct 14:32 Close 1\.5 1\.6/);
  assert.equal(text.match(/BTC-USDT 5m/g)?.length, 1);
  assert.doesNotMatch(text, /set aside/);
});

Deno.test("a frame that was set aside stays text", () => {
  const frame = { id: "1", exchange: "sim", reason: "half_frame", bytes: "9", received_at: "2026-10-14T14:32:08Z" };
  const html = renderPart(
    <QuarantinePage frames={[{ ...frame, raw: "</code><script>alert(1)</script>" }]} exchange={null} cursor={null} />,
  );
  assert.match(html, /&lt;\/code>&lt;script>alert\(1\)&lt;\/script>|&lt;script/);
  assert.doesNotMatch(html, /<script>alert/);
});
