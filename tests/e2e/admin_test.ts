import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { findChromium, launchChromium } from "../chromium.ts";
import { startDevStack } from "../dev_stack.ts";
import { until } from "../until.ts";
import { enrol, grantAdmin, hasRole, newAddress, register, signIn } from "./accounts_people.ts";

/** A desk and a phone. */
const SIZES = [{ width: 1440, height: 900 }, { width: 390, height: 844 }] as const;

Deno.test({
  name: "an administrator checks an identity, bounds a user after a code, and finds both in the audit log",
  ignore: findChromium() === null,
  // The browser and the stack are closed below; Playwright keeps timers of its own.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using stack = await startDevStack();
    const browser = await launchChromium();
    try {
      const { webUrl } = stack;
      const [root, ada] = [newAddress("root"), newAddress("ada")];
      await register(await (await browser.newContext()).newPage(), webUrl, ada);
      const first = await (await browser.newContext()).newPage();
      await register(first, webUrl, root);
      const phone = await enrol(first, webUrl);
      await grantAdmin(stack, root);
      await until(() => hasRole(stack, root), "the worker has told Auth of the role");

      const page = await (await browser.newContext()).newPage();
      const problems: string[] = [];
      page.on("console", (line) => void (line.type() === "error" && problems.push(line.text())));
      page.on("pageerror", (error) => void problems.push(String(error)));
      await signIn(page, webUrl, root);
      await page.goto(`${webUrl}/admin/users?q=${encodeURIComponent(ada)}`);
      // A password alone opens nothing here.
      assert.equal(new URL(page.url()).pathname, "/step-up");
      await page.getByLabel("Six-digit code").first().fill(await phone.next());
      await page.getByRole("button", { name: "Confirm" }).first().click();
      await page.waitForURL("**/admin/users*");
      await page.goto(`${webUrl}/admin/users?q=${encodeURIComponent(ada)}`);
      await page.locator("table a").first().click();
      await page.getByRole("heading", { level: 1, name: /^ada/ }).waitFor();
      const userUrl = page.url();

      await page.getByLabel("State").selectOption("verified");
      await page.getByLabel("Reason").fill("Passport seen");
      await page.locator("section", { hasText: "Identity check" }).getByRole("button", { name: "Set" }).first().click();
      await page.getByRole("status").waitFor();
      assert.match(await page.locator(".kyc-now").innerText(), /Passport seen/);

      await page.getByLabel("Loosest value: Order size").fill("1250.50");
      await page.locator("li", { hasText: "Order size" }).getByRole("button", { name: "Set" }).click();
      await page.getByText("At most €1,250.50").waitFor();

      const audit = `${webUrl}/admin/audit?subject=${userUrl.split("/").at(-1)}&action=limit`;
      // A row has its number once it is sealed, about a second later.
      await until(async () => {
        await page.goto(audit);
        return /^\d+$/.test(await page.locator("tbody tr td").first().innerText());
      }, "the entry is sealed");
      assert.deepEqual(await page.locator("tbody tr td:nth-child(3)").allInnerTexts(), ["limit.ceiling_changed"]);
      await page.getByRole("button", { name: "Verify the chain" }).click();
      assert.match(await page.getByRole("status").innerText(), /The chain holds: \d+ rows checked/);

      for (const path of ["/admin", "/admin/users", new URL(userUrl).pathname, "/admin/limits", "/admin/audit"]) {
        await page.goto(webUrl + path);
        for (const size of SIZES) {
          await page.setViewportSize(size);
          assert.deepEqual(await overflowing(page), [], `${path} at ${size.width}`);
        }
      }
      assert.match(await page.locator(".facts").innerText(), /Last export\s+\d+ \w+ \d\d:\d\d, row \d+/);
      assert.deepEqual(problems, []);
    } finally {
      await browser.close();
    }
  },
});

/** What sticks out of the page to the side; what scrolls within a box of its own does not. */
async function overflowing(page: Page): Promise<string[]> {
  return await page.evaluate(() => {
    const { clientWidth } = document.documentElement;
    return [...document.querySelectorAll("main *")]
      .filter((element) => element.closest(".scroll-x") === null && !element.classList.contains("visually-hidden"))
      .filter((element) => element.getBoundingClientRect().right > clientWidth + 1)
      .map((element) => `${element.tagName} ${element.className}`);
  });
}
