import assert from "node:assert/strict";
import type { Browser, BrowserContext } from "playwright-core";
import type { DevStack } from "../dev_stack.ts";
import { mailedLink, newAddress, newPage, register, signIn, signOut } from "./accounts_people.ts";

/** What every part of the accounts' browser tests is given. */
export interface Scene {
  stack: DevStack;
  browser: Browser;
  /** Cookies of an administrator who has just shown a second factor; made when first asked for. */
  admin(): Promise<StorageState>;
}

/** A browser's cookies, as a new context takes them over. */
export type StorageState = Awaited<ReturnType<BrowserContext["storageState"]>>;

/** A password, a link that resets it, and what a wrong one is told. ASVS 5: 6.2.6, 6.2.7, 6.4.3, 6.3.8. */
export async function testPassword({ stack, browser }: Scene): Promise<void> {
  const { webUrl } = stack;
  const email = newAddress("Ada.Lovelace");
  const page = await newPage(browser);
  await register(page, webUrl, email);
  assert.equal(await page.getByText(email.toLowerCase()).count(), 1, "the address is not on the settings");
  await signOut(page);

  // Register again under the same address: the answer is that of a new one, and the mail is the owner's.
  await page.goto(`${webUrl}/register`);
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("New password", { exact: true }).fill("another wet lantern");
  await page.getByRole("button", { name: "Create an account" }).click();
  await page.getByRole("heading", { name: "Look into your mailbox" }).waitFor();

  await page.goto(`${webUrl}/login`);
  const fields = await page.locator("form[action='/login/password'] input:not([type=hidden])").evaluateAll((inputs) =>
    inputs.map((input) => `${(input as HTMLInputElement).type} ${(input as HTMLInputElement).autocomplete}`)
  );
  assert.deepEqual(fields, ["email username", "password current-password"]);
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Password", { exact: true }).fill("wrong wet lanterns");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  assert.match(await page.getByRole("alert").innerText(), /address or password is wrong/);

  await page.getByRole("link", { name: "Forgot the password?" }).click();
  await page.getByLabel("E-mail address").fill(email);
  await page.getByRole("button", { name: "Send the link" }).click();
  await page.getByRole("heading", { name: "Look into your mailbox" }).waitFor();
  await page.goto(await mailedLink(stack, email.toLowerCase(), "recovery"));
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("heading", { name: "Choose a new password" }).waitFor();
  await page.getByLabel("New password", { exact: true }).fill("password1");
  await page.getByRole("button", { name: "Save" }).click();
  assert.match(await page.getByRole("alert").innerText(), /too weak/);
  await page.getByLabel("New password", { exact: true }).fill("eight dry lanterns");
  await page.getByRole("button", { name: "Save" }).click();
  await page.waitForURL("**/settings/security?done=*");
  await signOut(page);
  await signIn(page, webUrl, email, "eight dry lanterns");
  await page.context().close();
}

/** A link from the mail, opened where nobody is signed in; the second time it opens nothing. ASVS 5: 6.5.1. */
export async function testMailedLink({ stack, browser }: Scene): Promise<void> {
  const email = newAddress("link");
  const page = await newPage(browser);
  await page.goto(`${stack.webUrl}/login?next=%2Fnotifications`);
  await page.getByRole("link", { name: "Mail me a sign-in link instead" }).click();
  await page.getByLabel("E-mail address").fill(email);
  await page.getByRole("button", { name: "Send the link" }).click();
  await page.getByRole("heading", { name: "Look into your mailbox" }).waitFor();
  const link = await mailedLink(stack, email);

  const other = await newPage(browser);
  await other.goto(link);
  await other.getByRole("button", { name: "Continue" }).click();
  await other.waitForURL("**/notifications");
  await other.context().close();

  await page.goto(link);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.waitForURL("**/login?*");
  assert.match(await page.getByRole("alert").innerText(), /could not be completed/);
  await page.context().close();
}

/** Signing out leaves nothing behind the back button. ASVS 5: 7.4.1, 7.4.4. */
export async function testSignOut({ stack, browser }: Scene): Promise<void> {
  const email = newAddress("leaver");
  const page = await newPage(browser);
  await register(page, stack.webUrl, email);
  for (const path of ["/settings/security", "/settings/devices", "/settings/data", "/notifications"]) {
    const html = await (await page.request.get(`${stack.webUrl}${path}`)).text();
    assert.match(html, /<form action="\/logout" method="post">/, path);
  }
  await page.goto(`${stack.webUrl}/settings`);
  await signOut(page);
  await page.goBack();
  await page.waitForURL("**/login?*");
  assert.equal(await page.getByText(email).count(), 0);
  await signIn(page, stack.webUrl, email);
  await page.context().close();
}

/** A device signed out from another one: a page of one's own leaves by itself, others at the next step. ASVS 5: 7.5.2, 7.4.1. */
export async function testDevices({ stack, browser }: Scene): Promise<void> {
  const { webUrl } = stack;
  const email = newAddress("devices");
  const desk = await newPage(browser);
  await register(desk, webUrl, email);
  const mozilla = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
  const phone = await newPage(browser, { userAgent: mozilla });
  await signIn(phone, webUrl, email);
  const elsewhere = await phone.context().newPage();
  await elsewhere.goto(`${webUrl}/markets`);
  const joined = phone.waitForEvent("websocket");
  await phone.goto(`${webUrl}/notifications`);
  await (await joined).waitForEvent("framereceived", (frame) => /"status":"ok"/.test(String(frame.payload)));

  await desk.goto(`${webUrl}/settings/devices`);
  const rows = desk.getByRole("row").filter({ hasText: "Firefox" });
  await rows.getByRole("button", { name: /^Sign out Firefox/ }).click();
  await desk.getByRole("status").waitFor();
  await phone.waitForURL("**/login?*");
  assert.match(await phone.getByRole("alert").innerText(), /session has ended/);
  await elsewhere.goto(`${webUrl}/settings`);
  assert.equal(new URL(elsewhere.url()).pathname, "/login");
  await desk.goto(`${webUrl}/notifications`);
  assert.match(await desk.locator("main").innerText(), /new device signed in: Firefox/i);
  await Promise.all([desk.context().close(), phone.context().close()]);
}

/** Language, theme and time zone chosen in the header are kept in the profile, and greet their owner in another browser. */
export async function testPreferences({ stack, browser }: Scene): Promise<void> {
  const { webUrl } = stack;
  const email = newAddress("ways");
  const newcomer = await newPage(browser, { locale: "fr-CA" });
  await newcomer.goto(`${webUrl}/login`);
  await newcomer.getByRole("heading", { name: "Se connecter à Outcry" }).waitFor();
  await newcomer.context().close();

  const page = await newPage(browser);
  await register(page, webUrl, email);
  const choose = async (name: string) => {
    await page.locator("details.preferences-menu > summary").click();
    await page.locator("details.preferences-menu").getByText(name, { exact: true }).click();
  };
  await choose("Español");
  await page.getByRole("heading", { name: "Perfil" }).waitFor();
  await choose("Claro");
  await choose("UTC");
  await page.getByRole("combobox", { name: "Zona horaria" }).selectOption("America/Lima");
  await page.getByRole("button", { name: "Guardar" }).click();
  await page.waitForURL("**/settings");
  assert.equal(await page.getByRole("combobox", { name: "Zona horaria" }).inputValue(), "America/Lima");

  const other = await newPage(browser);
  await signIn(other, webUrl, email);
  await other.getByRole("heading", { name: "Perfil" }).waitFor();
  assert.equal(await other.locator("html").getAttribute("data-theme"), "light");
  assert.equal(await other.getByRole("combobox", { name: "Zona horaria" }).inputValue(), "America/Lima");
  await Promise.all([page.context().close(), other.context().close()]);
}
