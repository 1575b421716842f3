import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { PREFERENCES_COOKIE } from "../../lib/kernel/preferences.ts";
import { type DevStack } from "../dev_stack.ts";
import { until } from "../until.ts";
import { crawl, smallTargets, tabThrough, textsOf } from "./accounts_crawl.ts";
import { enrol, grantAdmin, newAddress, newPage, register, signIn, signOut } from "./accounts_people.ts";
import type { Scene, StorageState } from "./accounts_sign_in.ts";

const SIGNED_OUT = [
  "/",
  "/markets",
  "/markets?q=zzzz",
  "/markets/sim/BTC-USDT",
  "/login?error=invalid_credentials",
  "/login/sent",
  "/register?error=weak_password",
  "/auth/confirm?type=magiclink&token_hash=abcdefghijklmnopqrst",
  "/goodbye",
  "/nowhere",
];
const SIGNED_IN = [
  "/settings?done=accounts.saved",
  "/settings/security?error=invalid_recovery_code",
  "/notifications",
  "/step-up?error=mfa_verification_failed",
  "/password/new",
  "/admin",
  "/admin/users?q=zzzz",
  "/admin/audit?q=zzzz",
];

/** Texts that are right in every language: names, numbers, symbols, and the words each language has alike. */
const ALIKE: Readonly<Record<"fr" | "es", readonly RegExp[]>> = {
  fr: [
    /^(Code|Mode|Instrument|Volume|Exchange|Notifications|E-mail|Sessions?|Administration|Actions?|Action|Signal 9)$/,
    /^(Crypto|Day trading|Swing trading|Studio|Public|Minimum|Description|Cycle|Net €0\.00)$/,
  ],
  es: [/^(Exchange|Signal 9|Day trading|Swing trading)$/],
};
const NAMES = [
  // Figures, dates in digits, tickers, symbols.
  /^[^\p{L}]*$/u,
  /^[\p{Lu}\d\s.,:;·…+−()/%-]{1,24}$/u,
  // Markets and lengths of candles.
  /^(BTC\/USDT )?\d+[mhd](, UTC)?$/,
  // What the audit log's rows are called, for people and programs alike, usernames and ids.
  /^(session|user|factor|device|identity|watch|test|tip|[a-z]+([._][a-z0-9]+)+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/,
  // Addresses of those who came by.
  /@/,
  /^Outcry( \d{4}-\d\d-\d\d \d\d:\d\d)?$/,
  /^(English|Français|Español|UTC|GitHub|Google|TradingView|Chrome · \w+|Bitcoin|Ethereum|USDT)$/,
];

/** Every page in French and Spanish says nothing that it says in English; what both have alike is listed above. */
export async function testLanguages({ stack, browser, admin }: Scene): Promise<void> {
  for (const [seeds, storageState] of [[SIGNED_OUT, undefined], [SIGNED_IN, await admin()]] as const) {
    const open = async (locale: string) => {
      const page = await newPage(browser, storageState ? { storageState } : {});
      const cookie = { name: PREFERENCES_COOKIE, value: `${locale}..`, url: stack.webUrl };
      await page.context().addCookies([cookie]);
      return page;
    };
    const pages = { en: await open("en"), fr: await open("fr"), es: await open("es") };
    const paths = await crawl(pages.en, stack.webUrl, seeds);
    assert.ok(paths.length >= seeds.length + 5, `only ${paths.length} pages: ${paths.join(" ")}`);
    const found: Record<string, string[]> = {};
    for (const path of paths) {
      // The pages of prices differ by the header alone once somebody is signed in: opened once, then only read.
      const opens = storageState === undefined;
      const english = new Set(await read(pages.en, stack, { path, opens }));
      for (const locale of ["fr", "es"] as const) {
        const known = [...NAMES, ...ALIKE[locale]];
        const untranslated = (await read(pages[locale], stack, { path, opens })).filter((text) =>
          english.has(text) && text.length > 2 && !known.some((pattern) => pattern.test(text))
        );
        if (untranslated.length > 0) found[`${path} in ${locale}`] = [...new Set(untranslated)];
      }
    }
    assert.deepEqual(found, {});
    for (const page of Object.values(pages)) await page.context().close();
  }
}

/** What a page says; opened, if so wished, where a script of it speaks as well. */
async function read(
  page: Page,
  { webUrl }: DevStack,
  { path, opens }: { path: string; opens: boolean },
): Promise<string[]> {
  const html = await (await page.request.get(`${webUrl}${path}`)).text();
  assert.match(html, new RegExp(`<html lang="${(await localeOf(page)).slice(0, 2)}"`), path);
  const islands = [...html.matchAll(/data-island="(\w+)"/g)].map(([, name]) => name);
  if (!opens || islands.every((name) => name === "session_guard" || name === "step_up")) {
    return await textsOf(page, html);
  }
  await page.goto(`${webUrl}${path}`);
  return await textsOf(page, null);
}

async function localeOf(page: Page): Promise<string> {
  return (await page.context().cookies()).find(({ name }) => name === PREFERENCES_COOKIE)?.value ?? "";
}

/** An administrator's browser, second factor shown. */
export async function signInAdmin(stack: DevStack, browser: Browser): Promise<StorageState> {
  const { webUrl } = stack;
  const email = newAddress("crawler");
  const page = await newPage(browser);
  await register(page, webUrl, email);
  const phone = await enrol(page, webUrl);
  await grantAdmin(stack, email);
  await signOut(page);
  // The role is in the next token after the worker told Auth of it.
  await until(async () => {
    await signIn(page, webUrl, email);
    return (await page.request.get(`${webUrl}/admin/users`, { maxRedirects: 0 })).status() !== 404;
  }, "the role has come");
  await page.goto(`${webUrl}/step-up?next=%2Fadmin%2Fusers`);
  await page.getByLabel("Six-digit code", { exact: true }).fill(await phone.next());
  await page.getByRole("button", { name: "Confirm" }).click();
  await page.waitForURL("**/admin/users");
  const state = await page.context().storageState();
  await page.context().close();
  return state;
}

/** Tab reaches every control of the sign-in and the settings, and each shows that it has the focus. */
export async function testKeyboard({ stack, browser }: Scene): Promise<void> {
  const page = await newPage(browser);
  await page.goto(`${stack.webUrl}/login`);
  const login = await tabThrough(page);
  assert.deepEqual({ missed: login.missed, unmarked: login.unmarked }, { missed: [], unmarked: [] });
  assert.ok(login.reached >= 12, `${login.reached} controls on the sign-in`);
  await register(page, stack.webUrl, newAddress("keyboard"));
  const settings = await tabThrough(page);
  assert.deepEqual({ missed: settings.missed, unmarked: settings.unmarked }, { missed: [], unmarked: [] });
  assert.ok(settings.reached >= 15, `${settings.reached} controls on the settings`);
  await page.context().close();
}

/** On a phone nothing scrolls sideways, and every control can be hit with a finger, in the longest of the languages. */
export async function testPhone({ stack, browser, admin }: Scene): Promise<void> {
  const phone = { viewport: { width: 375, height: 812 }, hasTouch: true, isMobile: true, locale: "fr-FR" };
  const visitor = await newPage(browser, phone);
  const owner = await newPage(browser, { ...phone, storageState: await admin() });
  await owner.context().addCookies([{ name: PREFERENCES_COOKIE, value: "fr..", url: stack.webUrl }]);
  const found: Record<string, string[]> = {};
  for (const [page, seeds] of [[visitor, SIGNED_OUT], [owner, SIGNED_IN]] as const) {
    for (const path of await crawl(page, stack.webUrl, seeds)) {
      await page.goto(`${stack.webUrl}${path}`, { waitUntil: "domcontentloaded" });
      const over = await page.evaluate(() =>
        document.documentElement.scrollWidth - document.documentElement.clientWidth
      );
      const wrong = [
        ...(over > 0 ? [`${over} pixels too wide`] : []),
        ...await stickingOut(page),
        ...(/^\/($|markets)/.test(path) ? [] : await smallTargets(page)),
      ];
      if (wrong.length > 0) found[path] = wrong;
    }
    await page.context().close();
  }
  assert.deepEqual(found, {});
}

/** Controls that stick out of their panel to the side, though they may still be within the page. */
async function stickingOut(page: Page): Promise<string[]> {
  return await page.evaluate(() =>
    [...document.querySelectorAll(".panel .button, .panel input, .panel select")]
      .filter((control) => control.closest(".scroll-x") === null)
      .filter((control) =>
        control.getBoundingClientRect().right > (control.closest(".panel")?.getBoundingClientRect().right ?? Infinity)
      )
      .map((control) => control.textContent || control.getAttribute("name") || control.tagName)
  );
}
