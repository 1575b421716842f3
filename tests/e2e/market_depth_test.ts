import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { findChromium, launchChromium } from "../chromium.ts";
import { type DevStack, startDevStack } from "../dev_stack.ts";
import { until } from "../until.ts";

/** Silence after which a price must be called stale, and what a loaded machine may need to draw it. */
const STALE_MS = 5_000;
const SLACK_MS = 4_000;

/** Long enough to be seen, short enough to be waited for. */
const STALL_MS = 11_000;

Deno.test({
  name: "book, trades, alerts and the monitor live, go stale with their exchange, and come back",
  ignore: findChromium() === null,
  // The browser and the stack are closed below; Playwright keeps timers of its own.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn(t) {
    await using stack = await startDevStack();
    const browser = await launchChromium();
    try {
      const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
      const errors: string[] = [];
      page.on("pageerror", (error) => errors.push(String(error)));
      page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
      await page.goto(`${stack.webUrl}/login`);
      await page.getByRole("button", { name: "Continue as demo trader" }).click();
      await page.waitForURL((url) => url.pathname.startsWith("/markets"));
      await page.goto(`${stack.webUrl}/markets/sim/BTC-USDT`);

      await t.step("book and trades move, the best prices beside the spread", () => checkDepth(page));
      await t.step("what lies below the chart is chosen by keyboard", () => checkTabs(page));
      await t.step("an alert set on the page fires, and is told on the page and in the notices", () => {
        return checkAlert(page, stack.webUrl);
      });
      await t.step("prices and book are called stale when the exchange is silent, and come back", () => {
        return checkStall(page, stack);
      });
      await t.step("the monitor follows its feed and the rows in view, and filters", () => {
        return checkMonitor(page, stack.webUrl);
      });
      await t.step("a phone shows the chart above one panel at a time", async () => {
        const phone = await (await browser.newContext({ viewport: { width: 390, height: 844 } })).newPage();
        await checkPhone(phone, stack.webUrl);
      });
      await t.step("a market that is taken off the list says so, and is no longer followed", () => {
        return checkDelisted(page, stack);
      });
      assert.deepEqual(errors, []);
    } finally {
      await browser.close();
    }
  },
});

async function checkDepth(page: Page): Promise<void> {
  await page.locator("[data-book=fresh]").waitFor();
  const book = page.locator(".book-panel");
  const trades = page.locator(".trades-panel tbody");
  const before = [await book.innerText(), await trades.innerText()];
  await until(async () => await book.innerText() !== before[0], "the book changes");
  await until(async () => await trades.innerText() !== before[1], "a trade comes");
  const [ask, bid] = await page.evaluate(() => {
    const priceOf = (selector: string) =>
      Number(document.querySelector(selector)?.textContent?.replace(/,/g, "") ?? "NaN");
    return [priceOf(".asks tr:last-child .level-price"), priceOf(".bids tr:first-child .level-price")];
  });
  assert.ok(bid > 0 && ask > bid, `best ask ${ask}, best bid ${bid}`);
}

async function checkTabs(page: Page): Promise<void> {
  await page.locator("#tab-candles").focus();
  await page.keyboard.press("Space");
  await page.locator(".candles-panel").waitFor({ state: "visible" });
  await page.keyboard.press("ArrowRight");
  await page.locator(".alerts-panel").waitFor({ state: "visible" });
  assert.equal(await page.locator(".candles-panel").isVisible(), false);
}

async function checkAlert(page: Page, webUrl: string): Promise<void> {
  const form = page.locator("form.alert-form");
  // The form for an indicator comes without leaving the page.
  await page.locator("select[name=on]").selectOption("macd");
  await page.locator("input[name=param_slow]").waitFor();
  await page.locator("select[name=on]").selectOption("");
  await page.locator("input[name=param_slow]").waitFor({ state: "detached" });

  const price = Number((await page.locator("[data-last-price]").innerText()).replace(/,/g, ""));
  await form.locator("select[name=condition]").selectOption("above");
  // Just past the price, which moves by more than this between two trades.
  await form.locator("input[name=value]").fill((price - 25).toFixed(2));
  await form.locator("input[name=note]").fill("watch this");
  await form.getByRole("button", { name: "Set alert" }).click();
  const toast = page.locator(".toast");
  await toast.waitFor();
  assert.match(await toast.innerText(), /BTC\/USDT: Price at or above [\d,.]+\s+Reached [\d,.]+ · watch this/);
  await page.locator("[data-alert=fired]").waitFor();
  assert.equal(new URL(page.url()).pathname, "/markets/sim/BTC-USDT", "the page was not left");
  await toast.getByRole("button").click();
  assert.equal(await toast.count(), 0);

  const notices = await page.context().newPage();
  await notices.goto(`${webUrl}/notifications`);
  assert.match(await notices.locator("main").innerText(), /BTC\/USDT: Price at or above/);
  await notices.close();
}

async function checkStall(page: Page, { simUrl }: DevStack): Promise<void> {
  const response = await fetch(`${simUrl}/sim/faults`, {
    method: "POST",
    body: JSON.stringify({ kind: "stall", duration_ms: STALL_MS }),
  });
  assert.equal(response.status, 200);
  await response.body?.cancel();
  const stalledMs = performance.now();
  await Promise.all([
    page.locator("[data-book=stale]").waitFor({ timeout: STALE_MS + SLACK_MS }),
    page.locator("[data-last-price].stale").waitFor({ timeout: STALE_MS + SLACK_MS }),
    page.locator(".chart-note").waitFor({ timeout: STALE_MS + SLACK_MS }),
  ]);
  assert.ok(performance.now() - stalledMs > STALE_MS - 1_000, "a price is not stale before its time");
  assert.match(await page.locator(".book-panel .panel-head").innerText(), /Stale/);
  assert.match(await page.locator(".chart-note").innerText(), /more than five seconds/);
  await page.locator("[data-book=fresh]").waitFor({ timeout: STALL_MS + 20_000 });
  await until(
    async () => await page.locator("[data-last-price].stale, .chart-note").count() === 0,
    "the price is trusted again",
  );
}

async function checkMonitor(page: Page, webUrl: string): Promise<void> {
  await page.goto(`${webUrl}/monitor`);
  await page.locator("[data-feed=sim][data-state=live]").waitFor();
  const rows = page.locator("tr[data-market]");
  assert.ok(await rows.count() > 20, "too few rows to scroll");
  await page.locator("tr[data-market='sim:BTC-USDT'].fresh").waitFor();
  const last = rows.last();
  assert.match(await last.getAttribute("class") ?? "", /snapshot/, "a row out of sight is not followed");
  await last.scrollIntoViewIfNeeded();
  const key = await last.getAttribute("data-market");
  await until(
    async () => /fresh|late/.test(await page.locator(`tr[data-market='${key}']`).getAttribute("class") ?? ""),
    "the last row lives once it is in sight",
  );
  const charts = page.locator(".feed-chart strong");
  await until(
    async () => /^\d+ \/ \d+ms$/.test((await charts.nth(2).innerText()).replace(/ ms$/, "ms")),
    "delays here",
  );
  await until(async () => await page.locator(".feed-spark svg").count() >= 1, "the chart grows");

  await page.locator(".monitor-head input[name=symbol]").fill("eth");
  await page.keyboard.press("Enter");
  await page.waitForURL(/symbol=eth/);
  const keys = await rows.evaluateAll((lines) => lines.map((line) => line.getAttribute("data-market") ?? ""));
  assert.ok(keys.length > 0 && keys.every((each) => each.includes("ETH")), keys.join(" "));
}

async function checkPhone(page: Page, webUrl: string): Promise<void> {
  await page.goto(`${webUrl}/markets/sim/BTC-USDT`);
  await page.locator("[data-book=fresh]").waitFor();
  assert.equal(await page.locator(".trades-panel").isVisible(), false);
  const chart = await page.locator(".chart-area").boundingBox();
  const book = await page.locator(".book-panel").boundingBox();
  assert.ok(
    chart && book && chart.y + chart.height <= book.y && book.y < 844 - 100,
    "chart and book are both in sight",
  );
  await page.locator("label.tab-trades").click();
  await page.locator(".trades-panel").waitFor({ state: "visible" });
  assert.equal(await page.locator(".book-panel").isVisible(), false);
  for (const tab of await page.locator(".market-tabs label").all()) {
    const box = await tab.boundingBox();
    assert.ok(box && box.height >= 43 && box.width >= 44, "a tab is too small for a finger");
  }
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= 390, `the page is ${width} pixels wide`);
}

/** Tells the page what the feed tells when an exchange delists a market. */
async function checkDelisted(page: Page, { webUrl, supabaseUrl, secretKey }: DevStack): Promise<void> {
  await page.goto(`${webUrl}/markets/sim/LTC-USDT`);
  await page.locator("[data-book=fresh]").waitFor();
  const payload = { symbol: "LTC-USDT", et: Date.now(), token: 1_000_000 };
  const message = { topic: "market:sim:LTC-USDT:1m", event: "delisted", payload, private: true };
  const response = await fetch(`${supabaseUrl}/realtime/v1/api/broadcast`, {
    method: "POST",
    headers: { apikey: secretKey, "content-type": "application/json" },
    body: JSON.stringify({ messages: [message] }),
  });
  assert.ok(response.ok, await response.text());
  await page.locator(".chart-note").waitFor();
  assert.match(await page.locator(".chart-note").innerText(), /no longer traded/);
  assert.match(await page.locator(".symbol-bar").innerText(), /Simulator, not trading/);
  await page.locator("[data-book=stale]").waitFor();
}
