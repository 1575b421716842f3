import assert from "node:assert/strict";
import { Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import type { AppEnv } from "../context.ts";
import { allowMedia, allowPictures, mediaPolicy } from "./media_policy.ts";

/** What a page's answer allows that asked for these addresses. */
async function headersFor(urls: (string | null)[], { capture = false, status = 200 as 200 | 403 } = {}) {
  const app = new Hono<AppEnv>();
  app.use(
    "*",
    mediaPolicy(),
    secureHeaders({
      contentSecurityPolicy: { defaultSrc: ["'none'"], connectSrc: ["'self'"] },
      permissionsPolicy: { camera: [], microphone: [], usb: [] },
    }),
  );
  app.get("/", (c) => {
    allowMedia(c, urls, { capture });
    return c.text("", status);
  });
  const { headers } = await app.request("/");
  return [headers.get("content-security-policy"), headers.get("permissions-policy")];
}

const PLAIN = ["default-src 'none'; connect-src 'self'", "camera=(), microphone=(), usb=()"];

Deno.test("a page reaches the origins it asked for, each once, and captures only if it asked for that", async () => {
  const urls = ["https://a.example/whip?x=1", "https://a.example/whep", "http://127.0.0.1:8889/x"];
  const [policy, permissions] = await headersFor(urls);
  assert.equal(policy, "default-src 'none'; connect-src https://a.example http://127.0.0.1:8889 'self'");
  assert.equal(permissions, PLAIN[1]);
  assert.equal((await headersFor(urls, { capture: true }))[1], "camera=(self), microphone=(self), usb=()");
});

Deno.test("no address can write into the policy, and none but http's is let through", async () => {
  const hostile = [
    "https://a;script-src *",
    "https://a;b/x",
    "https://*/x",
    "https://a,b/",
    "https://a'unsafe-inline'/",
    "javascript:alert(1)",
    "data:text/html,x",
    "wss://a.example/",
    "no address",
    "",
    null,
  ];
  for (const url of hostile) assert.deepEqual(await headersFor([url], { capture: true }), PLAIN, String(url));
});

Deno.test("an answer that became an error is allowed nothing", async () => {
  assert.deepEqual(await headersFor(["https://a.example/"], { capture: true, status: 403 }), PLAIN);
});

Deno.test("a page loads pictures from the origins it shows, each once, and no other page does", async () => {
  const app = new Hono<AppEnv>();
  app.use("*", mediaPolicy(), secureHeaders({ contentSecurityPolicy: { imgSrc: ["'self'"], connectSrc: ["'self'"] } }));
  app.get("/some", (c) => {
    allowPictures(c, [
      "https://a.example",
      "https://b.example",
      "https://a.example",
      "https://c.example; script-src *",
    ]);
    return c.text("");
  });
  app.get("/none", (c) => {
    allowPictures(c, []);
    return c.text("");
  });
  const policyOf = async (path: string) => (await app.request(path)).headers.get("content-security-policy");
  assert.equal(await policyOf("/some"), "img-src https://a.example https://b.example 'self'; connect-src 'self'");
  assert.equal(await policyOf("/none"), "img-src 'self'; connect-src 'self'");
});
