import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { type FixtureModule, startFixtureModule, TEST_SECRET } from "../../lib/pools/worker/testing.ts";
import type { Authenticator } from "../../routes/accounts/testing.ts";
import { findChromium, launchChromium } from "../chromium.ts";
import { type DevStack, startDevStack } from "../dev_stack.ts";
import { until } from "../until.ts";
import { enrol, grantAdmin, hasRole, newAddress, register, signIn } from "./accounts_people.ts";

const IBAN = "DE89370400440532013000";

/** Somebody at a page of their own, with an authenticator. */
interface Person {
  email: string;
  page: Page;
  phone: Authenticator;
}

Deno.test({
  name:
    "money goes into a pool, earns, pays its fee on new profit alone, and leaves after a second administrator's word",
  ignore: findChromium() === null,
  // The browser and the stack are closed below; Playwright keeps timers of its own.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    // A module of one's own trades the pool, so that the result is known: it says what the test says.
    await using module = startFixtureModule();
    await using stack = await startDevStack({
      env: { POOL_ADAPTER_SECRETS: JSON.stringify({ [module.url.host]: TEST_SECRET }) },
    });
    const browser = await launchChromium();
    try {
      const problems: string[] = [];
      const [ada, root, rita] = [
        await arrive(stack, browser, "ada", problems),
        await arrive(stack, browser, "root", problems),
        await arrive(stack, browser, "rita", problems),
      ];
      for (const admin of [root, rita]) await promote(stack, admin);
      await verify(stack, root, ada);
      const adminUrl = await makePool(stack, root, module);

      await ada.page.goto(`${stack.webUrl}/wallet`);
      await fill(ada.page, "faucet", { Amount: "2000" });
      await ada.page.getByRole("button", { name: "Get play money" }).click();
      await ada.page.getByText("The play money is in your wallet.").waitFor();
      await invest(stack, ada, "1500");
      await settle(root, adminUrl);
      await ada.page.getByRole("link", { name: "Redeem", exact: true }).waitFor();
      assert.equal(await balance(stack, ada), "500");

      // 1,500 have become 1,800: 300 are new profit, 45 of them the manager's.
      module.pnl = "300.00";
      await ada.page.getByText("€120.0000").first().waitFor();
      assert.match(await panel(ada.page, "Fee on new profit"), /Fee if settled now\s*€45\.00/);
      await redeemAll(ada);
      await settle(root, adminUrl);
      await until(async () => await balance(stack, ada) === "2255", "what was redeemed is in the wallet");
      assert.equal(await balance(stack, root), "45", "the manager's fee");

      await withdraw(stack, ada, "1200");
      await approve(stack, rita);
      await until(async () => {
        await ada.page.goto(`${stack.webUrl}/withdrawals`);
        return /Paid/.test(await ada.page.locator("tbody tr").first().innerText());
      }, "the withdrawal is paid");
      assert.equal(await balance(stack, ada), "1055");
      await checkStatement(stack, ada);
      assert.deepEqual(problems, []);
    } finally {
      await browser.close();
    }
  },
});

async function arrive({ webUrl }: DevStack, browser: Browser, name: string, problems: string[]): Promise<Person> {
  const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
  page.on("console", (line) => void (line.type() === "error" && problems.push(line.text())));
  page.on("pageerror", (error) => void problems.push(String(error)));
  const email = newAddress(name);
  await register(page, webUrl, email);
  return { email, page, phone: await enrol(page, webUrl) };
}

/** An administrator's next token says so; until then they are anybody. */
async function promote(stack: DevStack, { email, page }: Person): Promise<void> {
  await grantAdmin(stack, email);
  await until(() => hasRole(stack, email), "the worker has told Auth of the role");
  await page.context().clearCookies();
  await signIn(page, stack.webUrl, email);
}

async function verify({ webUrl }: DevStack, { page, phone }: Person, { email }: Person): Promise<void> {
  await page.goto(`${webUrl}/step-up?next=%2Fadmin%2Fusers`);
  await page.getByLabel("Six-digit code").first().fill(await phone.next());
  await page.getByRole("button", { name: "Confirm" }).first().click();
  await page.waitForURL("**/admin/users*");
  await page.goto(`${webUrl}/admin/users?q=${encodeURIComponent(email)}`);
  await page.locator("table a").first().click();
  await page.getByLabel("State").selectOption("verified");
  await page.locator("section", { hasText: "Identity check" }).getByRole("button", { name: "Set" }).first().click();
  await page.getByRole("status").waitFor();
}

/** Makes the pool at /admin; answers its page there. */
async function makePool({ webUrl }: DevStack, { page }: Person, module: FixtureModule): Promise<string> {
  await page.goto(`${webUrl}/admin/pools/new`);
  await page.getByLabel("Name", { exact: true }).fill("Harbour Basis");
  await page.locator("select[name=cycle]").selectOption("manual");
  await page.locator("select[name=adapter]").selectOption("http");
  await page.getByLabel("Adapter’s address").fill(module.url.href);
  await page.getByRole("button", { name: "Create the pool" }).click();
  await page.waitForURL(/\/admin\/pools\/[0-9a-f-]{36}/);
  return page.url().split("?")[0] as string;
}

async function invest({ webUrl }: DevStack, { page }: Person, amount: string): Promise<void> {
  await page.goto(`${webUrl}/pools`);
  await page.getByRole("link", { name: /Harbour Basis/ }).first().click();
  await page.getByRole("link", { name: "Subscribe" }).click();
  const dialog = page.getByRole("dialog", { name: "Subscribe to Harbour Basis" });
  await dialog.getByLabel("Amount").fill(amount);
  // Twice, as impatient people do: it counts once.
  await dialog.getByRole("button", { name: /Place subscription/ }).dblclick();
  await page.getByText("Buy €1,500.00").first().waitFor();
}

async function settle({ page }: Person, adminUrl: string): Promise<void> {
  await page.goto(adminUrl);
  await page.getByLabel(/I want cycle \d+ to end now/).check();
  await page.getByRole("button", { name: "Force the settlement" }).click();
  await page.getByRole("status").waitFor();
}

async function redeemAll({ page }: Person): Promise<void> {
  // In a dialog, or on a page of its own when the lot came while the page was open.
  await page.getByRole("link", { name: "Redeem", exact: true }).click();
  await page.getByRole("heading", { name: "Redeem from Harbour Basis" }).waitFor();
  await page.getByRole("button", { name: /Place redemption/ }).click();
  await page.getByText("Redeem all units").first().waitFor();
}

/** Above 1,000 EUR a day a password is not enough: the dialog asks for a code, and a wrong one moves nothing. */
async function withdraw({ webUrl }: DevStack, { email, page, phone }: Person, amount: string): Promise<void> {
  await page.context().clearCookies();
  await signIn(page, webUrl, email);
  await page.goto(`${webUrl}/wallet`);
  await fill(page, "withdraw", { Amount: amount, To: IBAN });
  await page.getByRole("button", { name: "Ask for it" }).click();
  const dialog = page.getByRole("dialog", { name: "Confirm it is you" });
  await dialog.getByLabel("Six-digit code").fill(await phone.next());
  await dialog.getByRole("button", { name: "Confirm" }).click();
  await page.getByText("The money is set aside and waits for approval.").waitFor();
}

async function approve({ webUrl }: DevStack, { page, phone }: Person): Promise<void> {
  await page.goto(`${webUrl}/step-up?next=%2Fadmin%2Fwithdrawals`);
  await page.getByLabel("Six-digit code").first().fill(await phone.next());
  await page.getByRole("button", { name: "Confirm" }).first().click();
  await page.waitForURL("**/admin/withdrawals*");
  await page.getByRole("button", { name: /^Approve €1,200\.00 for/ }).click();
  await page.getByRole("status").waitFor();
}

/** The statement's own arithmetic: every line's balance is the one before and its amount. */
async function checkStatement({ webUrl }: DevStack, { page }: Person): Promise<void> {
  const { items } = await get<{ items: { operation: string; amount: string; balance_after: string }[] }>(
    page,
    `${webUrl}/api/v1/wallet/statement?asset=EUR`,
  );
  let cents = 0;
  for (const { amount, balance_after } of items.toReversed()) {
    cents += Math.round(Number(amount) * 100);
    assert.equal(Math.round(Number(balance_after) * 100), cents);
  }
  assert.equal(cents, 105_500);
  assert.deepEqual(items.map(({ amount }) => amount), ["-1200", "1755", "-1500", "2000"]);
  await page.goto(`${webUrl}/wallet`);
  assert.match(await page.locator("main").innerText(), /€1,055\.00/);
}

async function balance({ webUrl }: DevStack, { page }: Person): Promise<string> {
  const { balances } = await get<{ balances: { asset: string; available: string }[] }>(
    page,
    `${webUrl}/api/v1/wallet`,
  );
  return balances.find(({ asset }) => asset === "EUR")?.available ?? "0";
}

async function get<T>(page: Page, url: string): Promise<T> {
  const response = await page.context().request.get(url);
  assert.equal(response.status(), 200, url);
  return await response.json();
}

/** Fills the form of a wallet's panel. */
async function fill(page: Page, panelId: string, values: Record<string, string>): Promise<void> {
  const section = page.locator(`section[aria-labelledby=${panelId}]`);
  for (const [label, value] of Object.entries(values)) await section.getByLabel(label, { exact: true }).fill(value);
}

async function panel(page: Page, title: string): Promise<string> {
  return await page.locator("section.panel", { hasText: title }).first().innerText();
}
