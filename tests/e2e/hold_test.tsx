import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { createDetail } from "../../lib/pools/testing.ts";
import { SubscribeForm } from "../../components/pools/order_forms.tsx";
import { renderPart } from "../../components/testing.ts";
import { step } from "../../supabase/embedded/testing.ts";
import { findChromium, launchChromium } from "../chromium.ts";
import { until } from "../until.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

const WAIT_ms_MAX = 10_000;

/** The island alone, as a browser gets it. */
async function bundle(): Promise<string> {
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--platform", "browser", "islands/ledger/hold_confirm.ts"],
    cwd: ROOT,
    stdout: "piped",
    stderr: "null",
  }).output();
  assert.ok(success);
  return new TextDecoder().decode(stdout);
}

/** A page with the form that moves real money; answers how often it was sent. */
async function startPage(): Promise<AsyncDisposable & { url: string; sent: URLSearchParams[] }> {
  const script = `${(await bundle()).replace(/export \{[^}]*\};?/, "")}\nhold_confirm();`;
  const sheets = await Promise.all(
    ["tokens", "base", "components", "pools"].map((name) => Deno.readTextFile(`${ROOT}static/css/${name}.css`)),
  );
  const form = renderPart(
    <SubscribeForm
      detail={createDetail()}
      isPaper={false}
      clientId="01900000-0000-7000-8000-000000000001"
      available="5000"
    />,
  );
  const html = `<!doctype html><html lang="en"><title>Hold</title><style>${sheets.join("\n")}</style>${form}
    <script type="module" src="/script.js"></script></html>`;
  const sent: URLSearchParams[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    if (request.method === "POST") {
      sent.push(new URLSearchParams(await request.text()));
      return new Response(null, { status: 204 });
    }
    const isScript = new URL(request.url).pathname === "/script.js";
    return new Response(isScript ? script : html, {
      headers: { "content-type": isScript ? "text/javascript" : "text/html; charset=utf-8" },
    });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    sent,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

Deno.test({
  name:
    "an order of real money goes off after a second's press, by pointer or key, or with the box where there is no script",
  ignore: findChromium() === null,
  // Playwright keeps timers of its own.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn(t) {
    await using served = await startPage();
    const { url, sent } = served;
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      page.setDefaultTimeout(WAIT_ms_MAX);
      await page.goto(url);
      await page.locator("html[data-holds]").waitFor();
      const button = page.getByRole("button", { name: /Place subscription/ });
      const held = page.locator("button[data-held]");
      const box = page.getByRole("checkbox");
      const arrived = (count: number) => until(() => Promise.resolve(sent.length === count), `${count} orders`);

      await step(t, "the form stands in a red frame, and says to hold", async () => {
        const frame = await page.locator("form").evaluate((form) => getComputedStyle(form).borderTopColor);
        assert.equal(frame, "rgb(255, 59, 78)");
        assert.equal(await page.getByText(/Hold the button for a second/).isVisible(), true);
      });

      await step(
        t,
        "without an amount nothing is begun, and a short press, a click or a short key send nothing",
        async () => {
          await button.hover();
          await page.mouse.down();
          assert.equal(await held.count(), 0);
          await page.mouse.up();
          await page.getByLabel("Amount").fill("1500");
          await button.hover();
          await page.mouse.down();
          await held.waitFor();
          await page.mouse.up();
          await held.waitFor({ state: "detached" });
          await button.focus();
          await page.keyboard.down("Space");
          await held.waitFor();
          await page.keyboard.up("Space");
          await held.waitFor({ state: "detached" });
          await page.getByLabel("Amount").press("Enter");
          assert.equal(await box.evaluate((element) => element === document.activeElement), true);
          assert.equal(sent.length, 0);
        },
      );

      await step(t, "a press that lasts sends it once; leaving the button ends a press", async () => {
        const place = await button.boundingBox();
        assert.ok(place);
        const [x, y] = [place.x + place.width / 2, place.y + place.height / 2];
        await page.mouse.move(x, y);
        await page.mouse.down();
        await held.waitFor();
        await page.mouse.move(x, y + 400);
        await held.waitFor({ state: "detached" });
        await page.mouse.up();
        assert.equal(sent.length, 0);
        await page.mouse.move(x, y);
        const began = performance.now();
        await page.mouse.down();
        await arrived(1);
        assert.ok(performance.now() - began >= 950);
        await page.mouse.up();
        assert.equal(sent[0]?.get("amount"), "1500");
      });

      await step(t, "a key that lasts does the same, and whoever can hold neither ticks the box", async () => {
        for (const [i, key] of ["Enter", "Space"].entries()) {
          await button.focus();
          await page.keyboard.down(key);
          await arrived(2 + i);
          await page.keyboard.up(key);
        }
        await box.focus();
        await page.keyboard.press("Space");
        assert.equal(await box.isChecked(), true);
        await button.evaluate((element) => (element as HTMLButtonElement).click());
        await arrived(4);
      });

      await step(t, "without a script the box has to be ticked", async () => {
        const plain = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
        await plain.goto(url);
        await plain.getByLabel("Amount").fill("20");
        const submit = plain.getByRole("button", { name: /Place subscription/ });
        await submit.click();
        assert.equal(sent.length, 4);
        await plain.getByRole("checkbox").check();
        await submit.click();
        await arrived(5);
        assert.equal(sent[4]?.get("amount"), "20");
      });
    } finally {
      await browser.close();
    }
  },
});
