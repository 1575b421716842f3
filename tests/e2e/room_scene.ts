import assert from "node:assert/strict";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import type { DevStack } from "../dev_stack.ts";
import { newPage } from "./accounts_people.ts";

/** A room, and who is in it. */
export interface Scene {
  stack: DevStack;
  browser: Browser;
  /** What no page may say: errors, violations of the content security policy, scripts that ran. */
  problems: string[];
  streamer: Page;
  viewer: Page;
  moderator: Page;
  /** Its id; a part of the first sets it. */
  room: string;
}

/** A browser of its own that tells of what must not happen. */
export async function openPage(
  browser: Browser,
  problems: string[],
  options: BrowserContextOptions = {},
): Promise<Page> {
  const page = await newPage(browser, { viewport: { width: 1440, height: 900 }, ...options });
  await page.context().addInitScript(() => {
    Object.assign(globalThis, { xss: () => reportError(new Error("XSS: a script ran")) });
    addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) => {
      reportError(new Error(`CSP: ${effectiveDirective} stopped ${blockedURI}`));
    });
  });
  page.on("console", (line) => {
    // Chromium tells of answers that refuse something as errors; the tests ask for some.
    if (line.type() === "error" && !/status of (403|404|409|429)/.test(line.text())) problems.push(line.text());
  });
  page.on("pageerror", (error) => void problems.push(String(error)));
  page.on("dialog", (dialog) => {
    problems.push(`A dialog opened: ${dialog.message()}`);
    void dialog.dismiss();
  });
  return page;
}

/** Says something by the box. */
export async function say(page: Page, text: string): Promise<void> {
  const box = page.getByRole("textbox", { name: "Say something useful" });
  await box.fill(text);
  await box.press("Enter");
  await said(page, text).waitFor();
}

/** What was said, in the chat of somebody whom it reached. */
export function said(page: Page, text: string): Locator {
  const exactly = new RegExp(`^${text.replaceAll(/[^\w\s]/g, "\\$&")}$`);
  return page.locator(".chat-line:not(.outgoing) .chat-words").filter({ hasText: exactly });
}

/** Posts below the room whose page is open, as the page's own script would. */
export async function post(page: Page, path: string, body: object): Promise<{ status: number; code?: string }> {
  const room = /[0-9a-f-]{36}/.exec(page.url())?.[0];
  return await call(page, "POST", `/api/v1/streaming/${room}/${path}`, { client_id: crypto.randomUUID(), ...body });
}

export async function call(
  page: Page,
  method: string,
  path: string,
  body: object,
): Promise<{ status: number; code?: string }> {
  return await page.evaluate(async ({ method, path, text }) => {
    const response = await fetch(path, { method, headers: { "content-type": "application/json" }, body: text });
    return { status: response.status, code: (await response.json()).code };
  }, { method, path, text: JSON.stringify(body) });
}

export async function balance(webUrl: string, page: Page): Promise<string | undefined> {
  const { balances } = await get<{ balances: { asset: string; available: string }[] }>(page, `${webUrl}/api/v1/wallet`);
  return balances.find(({ asset }) => asset === "EUR")?.available;
}

export async function get<T>(page: Page, url: string): Promise<T> {
  const response = await page.context().request.get(url);
  assert.equal(response.status(), 200, url);
  return await response.json();
}

/** For whoever wants to look: into the folder SCREENSHOTS. */
export async function shoot(page: Page, name: string): Promise<void> {
  const folder = Deno.env.get("SCREENSHOTS");
  if (folder) await page.screenshot({ path: `${folder}/${name}.png` });
}
