import assert from "node:assert/strict";
import { findChromium, launchChromium } from "../chromium.ts";
import { getJson, startDevStack, until } from "../dev_stack.ts";
import type { Page } from "playwright-core";

interface SimStats {
  open_sockets: number;
}

Deno.test({
  name: "a demo trader signs in and watches a live candle that a second trader sees too, over one exchange socket",
  ignore: findChromium() === null,
  // The browser and the stack are closed below; Playwright keeps timers of its own.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using stack = await startDevStack();
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

      assert.equal((await getJson<SimStats>(`${stack.simUrl}/sim/stats`)).open_sockets, 1);
    } finally {
      await browser.close();
    }
  },
});

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
