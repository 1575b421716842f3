import assert from "node:assert/strict";
import { findChromium, launchChromium } from "../chromium.ts";
import { type DevStack, getJson, startDevStack } from "../dev_stack.ts";
import type { Page } from "playwright-core";
import { until } from "../until.ts";

interface SimStats {
  open_sockets: number;
  kraken: { open_sockets: number };
}

interface CandlesPage {
  items: { t: number; o: string; h: string; l: string; c: string; v: string }[];
}

Deno.test({
  name: "a demo trader signs in and watches a live candle that a second trader sees too, over one exchange socket each",
  ignore: findChromium() === null,
  // The browser and the stack are closed below; Playwright keeps timers of its own.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using stack = await startDevStack({ env: { EXCHANGES: "sim,simkraken" } });
    const browser = await launchChromium();
    try {
      const first = await signIn(await (await browser.newContext()).newPage(), stack.webUrl);
      assert.equal(new URL(first.url()).pathname, "/markets/sim/BTC-USDT");
      assert.match(await first.locator("body").innerText(), /local/i, "local mode is not marked");
      await first.locator("[data-island='market_chart'] canvas").first().waitFor();

      const price = first.locator("[data-last-price]");
      const before = await price.innerText();
      assert.match(before.trim(), /^[\d,]+\.\d\d$/);
      await until(async () => await price.innerText() !== before, "the price changes");

      const second = await signIn(await (await browser.newContext()).newPage(), stack.webUrl, "grace");
      await second.goto(`${stack.webUrl}/markets/sim/BTC-USDT`);
      await second.locator("[data-island='market_chart'] canvas").first().waitFor();
      await until(async () => {
        const [a, b] = await Promise.all([formingCandle(first), formingCandle(second)]);
        return a !== "" && a === b;
      }, "both traders see the same forming candle");

      await second.goto(`${stack.webUrl}/markets/simkraken/BTC-EUR`);
      await second.locator("[data-island='market_chart'] canvas").first().waitFor();
      const other = second.locator("[data-last-price]");
      const otherBefore = await other.innerText();
      await until(async () => await other.innerText() !== otherBefore, "the other exchange's price changes");
      for (const exchange of ["sim", "simkraken"]) {
        for (const timeframe of ["1m", "1h"]) await assertTold(stack, exchange, "BTC-EUR", timeframe);
      }

      const stats = await getJson<SimStats>(`${stack.simUrl}/sim/stats`);
      assert.deepEqual([stats.open_sockets, stats.kraken.open_sockets], [1, 1]);
    } finally {
      await browser.close();
    }
  },
});

/** Fails when the candles we serve are not the ones the exchange's history has. */
async function assertTold(stack: DevStack, exchange: string, symbol: string, timeframe: string): Promise<void> {
  const query = `exchange=${exchange}&symbol=${symbol}&timeframe=${timeframe}&limit=200`;
  let items: CandlesPage["items"] = [];
  await until(async () => {
    items = (await getJson<CandlesPage>(`${stack.webUrl}/api/v1/candles?${query}`)).items;
    return items.length === 200;
  }, () => `${exchange} has stored its history: ${items.length} candles of ${timeframe}`);
  const asked = `symbol=${symbol.replace("-", "")}&interval=${timeframe}&startTime=${
    items[0]?.t
  }&limit=${items.length}`;
  const rows = await getJson<[number, ...string[]][]>(`${stack.simUrl}/api/v3/klines?${asked}`);
  const told = rows.map(([t, ...numbers]) => [t, ...numbers.slice(0, 5).map(Number)]);
  assert.deepEqual(items.map(({ t, o, h, l, c, v }) => [t, ...[o, h, l, c, v].map(Number)]), told, exchange);
}

/** Signs in with the demo button, or as another demo name through the identity page. */
async function signIn(page: Page, webUrl: string, name?: string): Promise<Page> {
  await page.goto(`${webUrl}/login`);
  if (name) {
    await page.getByRole("button", { name: /another demo/i }).click();
    await page.locator("input[name=login]").fill(name);
    await page.getByRole("button").first().click();
  } else {
    await page.getByRole("button", { name: "Continue as demo trader" }).click();
  }
  await page.waitForURL((url) => url.pathname.startsWith("/markets"));
  return page;
}

/** The forming candle as the page lists it: open time, close, change and volume. */
async function formingCandle(page: Page): Promise<string> {
  return await page.locator(".candles-panel tr.forming").first().innerText();
}
