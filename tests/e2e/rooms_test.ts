import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import postgres from "postgres";
import { step } from "../../supabase/embedded/testing.ts";
import { findChromium, launchChromium } from "../chromium.ts";
import { type DevStack, startDevStack } from "../dev_stack.ts";
import { ask, makeCallers } from "../rls/pool_world.ts";
import { until } from "../until.ts";
import { newAddress, register } from "./accounts_people.ts";
import { balance, get, openPage, post, said, say, type Scene, shoot } from "./room_scene.ts";
import { attack } from "./room_scripts.ts";

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };
/** A ban is felt in the page this soon: the socket is cut at once, and the page asks why within five seconds. */
const BAN_MAX_ms = 8_000;
const PARTS: readonly [says: string, test: (scene: Scene) => Promise<void>][] = [
  ["a streamer goes live and is found", goLive],
  ["who is there talks to each other", talk],
  ["the viewer's chart follows the streamer's, until it is detached", followChart],
  ["a phone shows the room whole", usePhone],
  ["slow mode keeps the next message in the box", slowDown],
  ["a tip given twice in haste is paid once", tip],
  ["a pool's card opens the pool", postCard],
  ["what looks like a script is text: in the chat, in titles and in names", attack],
  ["what was said long ago is found, and gone to", search],
  ["who is there is listed, and moderated from the list", listPeople],
  ["whoever is banned hears and says nothing more", ban],
  ["the end is seen by whoever is left", end],
];

Deno.test({
  name: "a room in a browser",
  ignore: findChromium() === null,
  // The browser and the stack are closed below; Playwright keeps timers of its own.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn(t) {
    await using stack = await startDevStack();
    const browser = await launchChromium();
    try {
      const problems: string[] = [];
      const names = ["ada_lane", "vera_oak", "milo_stone"];
      const [streamer, viewer, moderator] = await Promise.all(
        names.map((name) => arrive(stack, browser, problems, name)),
      );
      assert.ok(streamer && viewer && moderator);
      const scene = { stack, browser, problems, streamer, viewer, moderator, room: "" };
      for (const [says, test] of PARTS) {
        await step(t, says, async () => {
          await test(scene);
          assert.deepEqual(problems, []);
        });
      }
    } finally {
      await browser.close();
    }
  },
});

async function arrive({ webUrl }: DevStack, browser: Browser, problems: string[], name: string): Promise<Page> {
  const page = await openPage(browser, problems);
  await register(page, webUrl, newAddress(name));
  await page.getByLabel("Username").fill(name);
  await page.getByRole("button", { name: "Save" }).first().click();
  await page.getByRole("status").filter({ hasText: "Saved" }).waitFor();
  return page;
}

async function goLive(scene: Scene): Promise<void> {
  const { stack: { webUrl }, streamer, viewer, moderator } = scene;
  await viewer.goto(`${webUrl}/u/ada_lane`);
  await viewer.getByRole("button", { name: "Follow", exact: true }).click();
  await viewer.getByRole("button", { name: "Unfollow" }).waitFor();
  const list = await viewer.context().newPage();
  await list.goto(`${webUrl}/live`);
  await list.getByText("Nobody is live right now.").waitFor();
  await streamer.goto(`${webUrl}/live/studio`);
  await streamer.getByLabel("Title", { exact: true }).fill("The morning in Bitcoin");
  await streamer.getByText("BTC/USDT", { exact: true }).first().click();
  await streamer.getByRole("button", { name: "Go live or schedule" }).click();
  await streamer.waitForURL(/\/live\/studio\/[0-9a-f-]{36}/);
  scene.room = new URL(streamer.url()).pathname.split("/").at(-1) ?? "";
  await streamer.getByText("Viewers see this chart").waitFor();

  await refreshed(list);
  await list.getByRole("link", { name: /The morning in Bitcoin/ }).waitFor();
  await list.close();
  await viewer.goto(`${webUrl}/notifications`);
  await viewer.getByText("The morning in Bitcoin").first().waitFor();
  for (const page of [viewer, moderator]) {
    await page.goto(`${webUrl}/live`);
    await page.getByRole("link", { name: /The morning in Bitcoin/ }).first().click();
    await page.waitForURL(`**/live/${scene.room}`);
    await page.getByText("Following ada_lane’s view").waitFor();
  }
  await streamer.locator('[data-live="viewers"]').filter({ hasText: "2" }).first().waitFor();
  await viewer.getByText("2 watching").first().waitFor();

  await openTab(streamer, "People");
  await streamer.getByLabel("User name").fill("milo_stone");
  await streamer.getByLabel("What to do", { exact: true }).selectOption({ label: "Make moderator" });
  await streamer.getByRole("button", { name: "Apply" }).click();
  await streamer.getByRole("region", { name: "Moderators" }).getByText("milo_stone").waitFor();
  await moderator.reload();
}

/** Has a list read itself anew as it does every few seconds while it is seen. */
async function refreshed(page: Page): Promise<void> {
  const answer = page.waitForResponse((response) =>
    response.url() === page.url() && response.request().resourceType() === "fetch"
  );
  await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await (await answer).finished();
}

async function talk({ streamer, viewer, moderator }: Scene): Promise<void> {
  await say(viewer, "Is that level from the weekly chart?");
  await said(streamer, "Is that level from the weekly chart?").waitFor();
  await say(streamer, "It is, @vera_oak: from September");
  for (const page of [viewer, moderator]) await said(page, "It is, @vera_oak: from September").waitFor();
  await viewer.locator(".mention-line").filter({ hasText: "from September" }).waitFor();
  await say(moderator, "Keep it friendly");
  await viewer.locator(".chat-line").filter({ hasText: "Keep it friendly" }).locator(".role-tag.moderator").waitFor();
  // Each stands there once, for its author as well.
  for (const page of [streamer, viewer, moderator]) assert.equal(await page.locator(".chat-line").count(), 3);
}

async function followChart({ stack: { webUrl }, streamer, viewer, room }: Scene): Promise<void> {
  const chart = viewer.getByRole("region", { name: "The streamer’s chart" });
  await streamer.getByRole("navigation", { name: "Timeframe" }).getByRole("link", { name: "15m" }).click();
  await chart.locator(".room-tag", { hasText: "15m" }).waitFor();
  await streamer.getByLabel("Market", { exact: true }).selectOption("sim:ETH-USDT");
  await chart.getByRole("link", { name: "ETH/USDT" }).waitFor();
  await streamer.getByLabel("Price", { exact: true }).fill("2500");
  await streamer.getByRole("button", { name: "Add level" }).click();
  await until(async () => {
    const { stream } = await get<{ stream: { view: { drawings: { kind: string; points: { p: string }[] }[] } } }>(
      viewer,
      `${webUrl}/api/v1/streaming/${room}`,
    );
    return stream.view.drawings.some(({ kind, points }) => kind === "level" && Number(points[0]?.p) === 2500);
  }, "the level is shared");
  await chart.getByRole("button", { name: "Detach" }).click();
  await chart.getByText("Your own view").waitFor();
  await streamer.getByLabel("Market", { exact: true }).selectOption("sim:BTC-USDT");
  await streamer.getByText("Viewers see this chart").waitFor();
  await chart.getByRole("link", { name: "ETH/USDT" }).waitFor();
  await chart.getByRole("button", { name: "Follow again" }).click();
  await chart.getByRole("link", { name: "BTC/USDT" }).waitFor();
}

async function usePhone({ stack: { webUrl }, browser, problems, room }: Scene): Promise<void> {
  const page = await openPage(browser, problems, PHONE);
  await page.goto(`${webUrl}/live/${room}`);
  await page.getByText("Following ada_lane’s view").waitFor();
  await said(page, "Keep it friendly").waitFor();
  await page.locator(".room-chart canvas").first().waitFor();
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(over <= 0, `the page is ${over} pixels too wide`);
  await shoot(page, "room_phone");
  await page.goto(`${webUrl}/live`);
  await page.getByRole("link", { name: /The morning in Bitcoin/ }).first().waitFor();
  await shoot(page, "live_phone");
  await page.locator("summary[aria-label=Sections]").click();
  const menu = page.locator(".sections-menu").getByRole("navigation", { name: "Main" });
  for (const name of ["Markets", "Rooms", "Pools", "Monitor"]) {
    const box = await menu.getByRole("link", { name, exact: true }).boundingBox();
    assert.ok(box && box.height >= 44 && box.width >= 44, `${name} is too small for a finger`);
  }
  await shoot(page, "menu_phone");
  await page.keyboard.press("Escape");
  assert.equal(await menu.isVisible(), false);
  await page.locator("summary[aria-label=Sections]").press("Enter");
  await menu.getByRole("link", { name: "Pools", exact: true }).press("Enter");
  await page.waitForURL("**/pools");
  await page.context().close();
}

async function slowDown({ streamer, viewer }: Scene): Promise<void> {
  await openTab(streamer, "Settings");
  const setTo = async (label: string) => {
    await streamer.getByLabel("Slow mode", { exact: true }).selectOption({ label });
    await streamer.getByRole("button", { name: "Save", exact: true }).click();
  };
  // The viewer's last message is not two minutes old.
  await setTo("120 s");
  await viewer.getByText("Slow mode 120 s").waitFor();
  const box = viewer.getByRole("textbox", { name: "Say something useful" });
  await box.fill("And the month before?");
  await box.press("Enter");
  await viewer.getByText(/you can send in \d+ s/).waitFor();
  await box.press("Enter");
  assert.equal(await box.inputValue(), "And the month before?");
  // A page that does not wait is refused by the database.
  const { status, code } = await post(viewer, "messages", { message: "Now" });
  assert.deepEqual([status, code], [429, "slow_mode"]);
  for (const text of ["No hurry", "It is the same level"]) await say(streamer, text);
  assert.equal(await said(streamer, "And the month before?").count(), 0);
  await setTo("Off");
  await viewer.getByText("Slow mode 120 s").waitFor({ state: "hidden" });
  await box.press("Enter");
  await said(streamer, "And the month before?").waitFor();
}

async function tip({ stack: { webUrl }, streamer, viewer, room }: Scene): Promise<void> {
  const wallet = await viewer.context().newPage();
  await wallet.goto(`${webUrl}/wallet`);
  const faucet = wallet.locator("section[aria-labelledby=faucet]");
  await faucet.getByLabel("Amount", { exact: true }).fill("50");
  await wallet.getByRole("button", { name: "Get play money" }).click();
  await wallet.getByText("The play money is in your wallet.").waitFor();
  await wallet.close();
  await viewer.locator("summary").filter({ hasText: "Tip ada_lane" }).click();
  await viewer.getByLabel("Amount in euros").fill("10");
  await viewer.getByLabel("Words to go with it (optional)").fill("For the level");
  await viewer.getByRole("button", { name: "Send tip" }).dblclick();
  await viewer.getByText("€10.00 tipped. Thank you.").waitFor();
  const line = streamer.locator(".chat-line.tip").filter({ hasText: "For the level" });
  await line.getByText("€10.00").waitFor();
  await viewer.locator(".tip-board").getByText("€10.00").waitFor();
  assert.equal(await streamer.locator(".chat-line.tip").count(), 1);
  assert.deepEqual([await balance(webUrl, viewer), await balance(webUrl, streamer)], ["40", "9.5"]);
  const url = `${webUrl}/api/v1/streaming/${room}/stats`;
  const { tips } = await get<{ tips: { amount: string } }>(streamer, url);
  assert.equal(tips.amount, "10");
  // The worker tells of it right after.
  const news = await streamer.context().newPage();
  await until(async () => {
    await news.goto(`${webUrl}/notifications`);
    return await news.getByText("tipped you €10.00: €9.50 reached your wallet.").count() === 1;
  }, "the streamer is told of the tip");
  await news.close();
  await viewer.keyboard.press("Escape");
}

async function postCard({ stack, streamer, viewer }: Scene): Promise<void> {
  const sql = postgres(stack.dbUrl, { max: 1, onnotice: () => {} });
  try {
    const [admin] = await makeCallers(sql, 1, { eur: 0, admin: true });
    assert.ok(admin);
    const p_pool = sql.json({ name: "Harbour Basis", currency: "EUR", cycle: "manual", minimum: "10" });
    const made = await ask(sql, admin, "admin_create_pool", { p_pool, p_client_id: crypto.randomUUID() });
    assert.ok(made.pool, JSON.stringify(made));
  } finally {
    await sql.end();
  }
  await openTab(streamer, "Cards");
  await streamer.getByLabel("Pool", { exact: true }).selectOption({ label: "Harbour Basis" });
  await streamer.getByRole("button", { name: "Post card" }).click();
  const card = viewer.locator(".chat-card").filter({ hasText: "Harbour Basis" });
  await card.getByText("Made by Outcry").waitFor();
  const opened = await viewer.context().newPage();
  await opened.goto(`${stack.webUrl}${await card.getByRole("link", { name: "Open pool" }).getAttribute("href")}`);
  await opened.getByRole("heading", { name: "Harbour Basis" }).first().waitFor();
  await opened.close();
  await shoot(viewer, "room_wide");
  await shoot(streamer, "studio_wide");
}

async function search({ stack, viewer, browser, problems, room }: Scene): Promise<void> {
  const { webUrl } = stack;
  const sql = postgres(stack.dbUrl, { max: 1, onnotice: () => {} });
  try {
    // More than the page begins with, and more than it reads to catch up.
    await sql`select private.store_message(s.id, s.streamer_id, 'Filler ' || n, 'TEXT')
      from public.streams s, generate_series(1, 300) as n where s.id = ${room} order by n`;
    await sql`delete from public.rate_limits`;
  } finally {
    await sql.end();
  }
  await viewer.goto(`${webUrl}/live/${room}`);
  await said(viewer, "Filler 300").waitFor();
  await viewer.getByRole("link", { name: "Search the chat" }).click();
  const box = viewer.getByRole("searchbox", { name: "Search the chat" });
  // The box has the focus: one types at once.
  await until(() => box.evaluate((input) => input === document.activeElement), "the box has the focus");
  await viewer.keyboard.type("WEEKLY chart");
  await viewer.keyboard.press("Enter");
  await viewer.getByText("1 message found").waitFor();
  await shoot(viewer, "search_wide");
  await viewer.locator(".find-line").press("Enter");
  await viewer.locator(".found-line").filter({ hasText: "Is that level from the weekly chart?" }).waitFor();
  await until(() => viewer.locator(".found-line").isVisible(), "it is in sight");
  assert.equal(await said(viewer, "Filler 300").count(), 0);
  await shoot(viewer, "found_wide");
  await viewer.getByRole("button", { name: "Newest messages" }).click();
  await said(viewer, "Filler 300").waitFor();
  // Without a script the same forms and links lead there.
  const still = await openPage(browser, problems, { ...PHONE, javaScriptEnabled: false });
  await still.goto(`${webUrl}/live/${room}?tab=search#chat`);
  await still.getByRole("searchbox", { name: "Search the chat" }).fill("weekly chart");
  await still.getByRole("button", { name: "Search", exact: true }).click();
  await shoot(still, "search_phone");
  await still.locator(".find-line").click();
  await still.locator(".found-line").filter({ hasText: "Is that level from the weekly chart?" }).waitFor();
  await still.context().close();
}

async function listPeople({ stack: { webUrl }, viewer, moderator, room }: Scene): Promise<void> {
  await moderator.goto(`${webUrl}/live/${room}`);
  await moderator.locator(".chat-panel").getByRole("link", { name: "People" }).click();
  const here = moderator.getByRole("region", { name: "In the room" });
  const row = here.locator("li").filter({ hasText: "vera_oak" });
  await row.getByRole("button", { name: "Mute vera_oak" }).click();
  await row.getByRole("button", { name: "1 min" }).click();
  await moderator.getByText("vera_oak is muted.").waitFor();
  await shoot(moderator, "people_wide");
  assert.equal((await post(viewer, "messages", { message: "Am I heard?" })).code, "muted");
  await row.getByRole("button", { name: "Unmute vera_oak" }).click();
  await moderator.getByText("vera_oak can talk again.").waitFor();
  // The viewer sees the same people, and nothing to be done about them.
  await viewer.locator(".chat-panel").getByRole("link", { name: "People" }).click();
  await viewer.getByRole("region", { name: "In the room" }).getByText("milo_stone").waitFor();
  assert.equal(await viewer.getByRole("button", { name: /^(Mute|Ban) / }).count(), 0);
  await viewer.locator(".chat-panel").getByRole("link", { name: "Chat", exact: true }).click();
}

async function ban({ stack: { webUrl }, streamer, viewer, moderator, room }: Scene): Promise<void> {
  await moderator.goto(`${webUrl}/live/${room}`);
  await say(viewer, "Buy my course");
  const line = moderator.locator(".chat-line").filter({ hasText: "Buy my course" });
  await line.hover();
  await line.getByRole("button", { name: "Ban vera_oak" }).click();
  await line.getByRole("button", { name: "Ban", exact: true }).click();
  await viewer.getByText("You are banned from this streamer’s rooms.").first().waitFor({ timeout: BAN_MAX_ms });
  await said(streamer, "Buy my course").waitFor({ state: "hidden" });
  await say(streamer, "As you were");
  await said(moderator, "As you were").waitFor();
  assert.equal(await said(viewer, "As you were").count(), 0);
  assert.equal(await viewer.getByRole("textbox", { name: "Say something useful" }).count(), 0);
  assert.equal((await post(viewer, "messages", { message: "Still here" })).code, "banned");
  assert.equal((await viewer.context().request.get(`${webUrl}/api/v1/streaming/${room}/chat`)).status(), 403);
}

async function end({ stack: { webUrl }, streamer, moderator, room }: Scene): Promise<void> {
  await streamer.goto(`${webUrl}/live/studio/${room}`);
  await streamer.getByText("End stream").click();
  const list = await moderator.context().newPage();
  await list.goto(`${webUrl}/live`);
  const card = list.locator(".room-cards").getByRole("link");
  await card.waitFor();
  await streamer.getByRole("button", { name: "End it now" }).click();
  await moderator.getByText("This stream has ended.").waitFor();
  await refreshed(list);
  await card.waitFor({ state: "detached" });
  await list.close();
  assert.equal((await post(moderator, "messages", { message: "Anybody?" })).code, "stream_ended");
  await streamer.goto(`${webUrl}/live/studio/earnings`);
  await streamer.getByText("€9.50").first().waitFor();
}

/** Opens a part of the streamer's desk. */
async function openTab(page: Page, name: string): Promise<void> {
  const tab = page.getByRole("navigation", { name: "Parts of the studio" }).getByRole("link", { name });
  await tab.click();
  await page.locator('.desk-tabs [aria-current="page"]').filter({ hasText: name }).waitFor();
}
