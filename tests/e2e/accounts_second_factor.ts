import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { Authenticator } from "../../routes/accounts/testing.ts";
import { newAddress, newPage, register, signIn, signOut } from "./accounts_people.ts";
import type { Scene } from "./accounts_sign_in.ts";

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/**
 * An authenticator from its QR code to the account's end: set up, asked for on the page and, without scripts, on a
 * page of its own.
 * ASVS 5: 6.5.1 (a code is good once), 7.5.1 (asked again before the factor is changed), 7.5.3 (and before the account
 * is deleted).
 */
export async function testSecondFactor({ stack, browser }: Scene): Promise<void> {
  const { webUrl } = stack;
  const email = newAddress("factor");
  const page = await newPage(browser, PHONE);
  await register(page, webUrl, email);
  const username = await page.getByLabel("Username", { exact: true }).inputValue();
  const { phone, used } = await enrolByHand(page, webUrl);
  await makeRecoveryCodes(page);
  await signOut(page);

  const plain = await newPage(browser, { javaScriptEnabled: false });
  await signIn(plain, webUrl, email);
  await plain.goto(`${webUrl}/settings/security`);
  await plain.getByRole("button", { name: "Make new codes" }).click();
  await plain.waitForURL("**/step-up?*");
  await plain.getByLabel("Six-digit code", { exact: true }).fill(await phone.next());
  await plain.getByRole("button", { name: "Confirm" }).click();
  await plain.waitForURL("**/settings/security");
  await plain.context().close();

  await signIn(page, webUrl, email);
  await page.goto(`${webUrl}/settings/security`);
  await leaveByEscape(page);
  await deleteByKeyboard(page, webUrl, { username, used, code: await phone.next() });
  await page.context().close();
}

/** Sets the authenticator up as a person does, a slip included. */
async function enrolByHand(page: Page, webUrl: string): Promise<{ phone: Authenticator; used: string }> {
  await page.goto(`${webUrl}/settings/security`);
  await page.getByRole("button", { name: "Set up an authenticator" }).click();
  const picture = page.getByRole("img", { name: "QR code for your authenticator app" });
  await picture.waitFor();
  assert.ok(await picture.evaluate((img) => (img as HTMLImageElement).naturalWidth > 0), "the QR code is no picture");
  const secret = await page.locator("code.secret").innerText();
  assert.match(secret, /^[A-Z2-7]{32}$/);
  const code = page.getByLabel("Six-digit code", { exact: true }).first();
  assert.equal(await code.getAttribute("autocomplete"), "one-time-code");
  assert.equal(await code.getAttribute("inputmode"), "numeric");
  await code.fill("000000");
  await page.getByRole("button", { name: "Confirm" }).first().click();
  assert.match(await page.getByRole("alert").innerText(), /code is not accepted/);
  assert.equal(await page.locator("code.secret").innerText(), secret, "a slip cost the key");
  const phone = new Authenticator(secret);
  const used = await phone.next();
  await page.getByLabel("Six-digit code", { exact: true }).first().fill(used);
  await page.getByRole("button", { name: "Confirm" }).first().click();
  assert.match(await page.getByRole("status").innerText(), /Make recovery codes next/);
  return { phone, used };
}

/** Shown this once; right after a code no other is asked for. */
async function makeRecoveryCodes(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Make new codes" }).click();
  await page.locator(".codes").waitFor();
  const codes = await page.locator(".codes code").allInnerTexts();
  assert.equal(new Set(codes).size, 10);
  await page.getByRole("link", { name: "I have kept them" }).click();
  await page.getByText("10 codes are left").waitFor();
  const html = await page.content();
  assert.ok(!codes.some((code) => html.includes(code)), "a recovery code is shown twice");
}

/** The dialog holds the focus, and leaving it leaves everything as it was. */
async function leaveByEscape(page: Page): Promise<void> {
  const button = page.getByRole("button", { name: "Remove", exact: true });
  await button.focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Confirm it is you" });
  await dialog.waitFor();
  assert.equal(await focusedName(page), "code");
  for (let i = 0; i < 8; i++) {
    await page.keyboard.press("Tab");
    assert.ok(
      await page.evaluate(() =>
        document.activeElement === document.body || !!document.activeElement?.closest("dialog")
      ),
      "Tab leads out of the dialog",
    );
  }
  const box = await dialog.boundingBox();
  assert.ok(box && box.x >= 0 && box.x + box.width <= 390 && box.y >= 0 && box.y + box.height <= 844);
  for (const control of await dialog.locator("a, button, input:not([type=hidden])").all()) {
    const height = (await control.boundingBox())?.height ?? 0;
    assert.ok(height >= 44, "a control of the dialog is too small for a finger");
  }
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  assert.equal(await button.evaluate((element) => element === document.activeElement), true, "the focus is lost");
  assert.equal(new URL(page.url()).pathname, "/settings/security");
  await button.waitFor();
}

/** A code shown before is refused in words; a fresh one lets what was begun go on. No pointer is touched. */
async function deleteByKeyboard(
  page: Page,
  webUrl: string,
  { username, used, code }: { username: string; used: string; code: string },
): Promise<void> {
  await page.goto(`${webUrl}/settings/data`);
  await page.getByLabel(/^Type your username/).focus();
  await page.keyboard.type(username);
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Confirm it is you" });
  await dialog.waitFor();
  await page.keyboard.type(used);
  await page.keyboard.press("Enter");
  await dialog.locator("#step-up-error").waitFor();
  assert.match(await dialog.locator("[aria-live=assertive]").innerText(), /code is not accepted/);
  assert.equal(await focusedName(page), "code");
  assert.equal(await dialog.getByLabel("Six-digit code", { exact: true }).getAttribute("aria-invalid"), "true");
  await page.keyboard.type(code);
  await page.keyboard.press("Enter");
  await page.waitForURL("**/goodbye");
  await page.goto(`${webUrl}/settings`);
  assert.equal(new URL(page.url()).pathname, "/login");
}

async function focusedName(page: Page): Promise<string | null> {
  return await page.evaluate(() => document.activeElement?.getAttribute("name") ?? null);
}
