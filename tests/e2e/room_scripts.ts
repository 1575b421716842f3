import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import postgres from "postgres";
import { until } from "../until.ts";
import { call, openPage, post, type Scene } from "./room_scene.ts";

/** Each calls `xss()` where it is taken for anything but text. */
const XSS = [
  "<script>xss()</script>",
  "<img src=x onerror=xss()>",
  '"><svg onload=xss()>',
  "' autofocus onfocus='xss()",
  "</title><script>xss()</script>",
  "</textarea><script>xss()</script>",
  "</script><script>xss()</script>",
  "<!--<script>xss()//",
  '<iframe srcdoc="<script>parent.xss()</script>">',
  "<a href=javascript:xss()>look</a>",
  "javascript:xss()//https://example.com",
  'https://example.com/"onmouseover="xss()',
  "https://example.com/'><img/src/onerror=xss()>",
  "[look](javascript:xss())",
  "@<b/onclick=xss()>ann",
  "<base href=//example.com><style>@import'//example.com/x.css'</style>",
  "{{constructor.constructor('xss()')()}}${xss()}",
  "data:text/html,<script>xss()</script>",
];

/** All of them, several in each title, which has 120 letters at most. */
const TITLES = XSS.reduce<string[]>((titles, text) => {
  const last = titles.at(-1);
  const isFull = last === undefined || last.length + 1 + text.length > 120;
  return isFull ? [...titles, text] : [...titles.slice(0, -1), `${last} ${text}`];
}, []);

/** See {@link XSS}: nothing of it may run, load or become an element; all of it is to be read. */
export async function attack(scene: Scene): Promise<void> {
  const { stack, browser, problems, streamer, viewer, moderator, room } = scene;
  const { webUrl } = stack;
  await provokeAlarm(scene);
  // In one's name it is refused; one that an administrator writes by hand into the database is text.
  const form = { username: "<svg/onload=xss()>", locale: "en", time_zone: "UTC", theme: "system" };
  const refused = await viewer.context().request.post(`${webUrl}/settings/profile`, {
    form,
    headers: { origin: webUrl },
  });
  assert.match(await refused.text(), /3 to 24/);
  const sql = postgres(stack.dbUrl, { max: 1, onnotice: () => {} });
  try {
    await sql`alter table public.profiles drop constraint profiles_username_check`;
    await sql`update public.profiles set username = '"><img src=x onerror=xss()>' where username = 'milo_stone'`;
    for (const [n, text] of XSS.entries()) {
      // As fast as one person may talk.
      await sql`delete from public.rate_limits`;
      const { status, code } = await post(n % 2 === 0 ? streamer : moderator, "messages", { message: text });
      assert.deepEqual([status, code], [200, undefined], text);
    }
    for (const title of TITLES) {
      await sql`delete from public.rate_limits`;
      const changes = { client_id: crypto.randomUUID(), title, description: XSS.join("\n") };
      const changed = await call(streamer, "PUT", `/api/v1/streaming/${room}`, changes);
      assert.equal(changed.status, 200, JSON.stringify(changed));
      await viewer.getByRole("heading", { level: 1 }).filter({ hasText: title }).waitFor();
      await browse(scene, ["/live", `/live/${room}`]);
    }
    await browse(scene, [
      "/u/ada_lane",
      "/live/studio",
      ...["people", "log"].map((tab) => `/live/studio/${room}?tab=${tab}`),
    ]);
  } finally {
    await sql`update public.profiles set username = 'milo_stone' where username like '%onerror%'`;
    await sql.end();
  }
  const still = await openPage(browser, problems, { javaScriptEnabled: false });
  await still.goto(`${webUrl}/live/${room}`);
  const shown = await still.locator("#chat").innerText();
  for (const text of XSS) assert.ok(shown.includes(text), `without a script: ${text}`);
  await still.context().close();
  for (const page of [viewer, streamer]) {
    const read = await readAll(page);
    for (const text of XSS) assert.ok(read.includes(text), `live: ${text}`);
    await harmless(page, "a live room");
  }
}

/** What stands in the chat, of which the document has only what is in sight. */
async function readAll(page: Page): Promise<string> {
  return await page.locator(".chat-scroll").evaluate(async (box) => {
    const seen: string[] = [];
    for (box.scrollTop = 0;; box.scrollTop += box.clientHeight / 2) {
      // Drawn after the next frame.
      for (let frame = 0; frame < 3; frame++) await new Promise((resolve) => requestAnimationFrame(resolve));
      seen.push((box as HTMLElement).innerText);
      if (box.scrollTop + box.clientHeight >= box.scrollHeight - 1) return seen.join("\n");
    }
  });
}

/** Whether pages opened here would tell of a script. */
async function provokeAlarm({ stack: { webUrl }, browser }: Scene): Promise<void> {
  const heard: string[] = [];
  const page = await openPage(browser, heard);
  await page.goto(`${webUrl}/live`);
  await page.evaluate(() => document.body.insertAdjacentHTML("beforeend", "<img src=x onerror=xss()>"));
  await until(() => heard.some((line) => line.includes("CSP: script-src")), "the policy stops a planted script");
  await assert.rejects(harmless(page, "a planted script"));
  await page.context().close();
}

/** Loads pages as the streamer sees them, in a tab of its own. */
async function browse({ stack, streamer }: Scene, paths: string[]): Promise<void> {
  const page = await streamer.context().newPage();
  for (const path of paths) {
    await page.goto(`${stack.webUrl}${path}`, { waitUntil: "load" });
    await harmless(page, path);
  }
  await page.close();
}

async function harmless(page: Page, where: string): Promise<void> {
  const found = await page.evaluate(() => [
    ...[
      ...document.querySelectorAll(
        "[onerror], [onload], [onfocus], [onclick], [onmouseover], [srcdoc], base, img[src=x]",
      ),
    ]
      .map((element) => element.outerHTML),
    ...[...document.querySelectorAll<HTMLAnchorElement>("a[href]")]
      .filter(({ protocol }) => !/^https?:$/.test(protocol)).map(({ href }) => href),
  ]);
  assert.deepEqual(found, [], where);
}
