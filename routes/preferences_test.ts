import assert from "node:assert/strict";
import { OpenAPIHono } from "@hono/zod-openapi";
import { Refusal } from "../lib/kernel/problem.ts";
import { type AppEnv, RequestJar } from "./context.ts";
import type { Preferences } from "../lib/kernel/preferences.ts";
import { addPreferences, preferencesOf } from "./preferences.ts";

/** The route alone, with a cookie jar as the middleware gives it. */
function createApp() {
  const app = new OpenAPIHono<AppEnv>();
  const written: string[] = [];
  const kept: Partial<Preferences>[] = [];
  app.use("*", async (c, next) => {
    const cookie = c.req.header("cookie") ?? "";
    const jar = new RequestJar(
      Object.fromEntries(cookie.split("; ").map((pair) => pair.split("=") as [string, string])),
    );
    c.set("jar", jar);
    await next();
    for (const [name, { value }] of jar.changes) written.push(`${name}=${value}`);
  });
  app.onError((error, c) => error instanceof Refusal ? c.text(error.code, 400) : c.text(String(error), 500));
  addPreferences(app, (_c, choices) => Promise.resolve(void kept.push(choices)));
  app.get("/what", (c) => c.json(preferencesOf(c)));
  const post = (form: Record<string, string>, cookie = "") =>
    app.request("/preferences", { method: "POST", body: new URLSearchParams(form), headers: { cookie } });
  return { app, post, written, kept };
}

Deno.test("a choice is kept beside earlier ones, and leads back to the page it was made on", async () => {
  const { post, written } = createApp();
  const response = await post({ theme: "light", next: "/markets?q=btc" }, "outcry_prefs=fr..Europe/Paris");
  assert.equal(response.status, 303);
  assert.equal(response.headers.get("location"), "/markets?q=btc");
  assert.deepEqual(written, ["outcry_prefs=fr.light.Europe/Paris"]);
});

Deno.test("choosing a theme leaves the language to the browser", async () => {
  const { post, written, kept } = createApp();
  await post({ theme: "contrast" });
  assert.deepEqual(written, ["outcry_prefs=.contrast."]);
  assert.deepEqual(kept, [{ theme: "contrast" }]);
});

for (
  const next of ["//evil.example", "https://evil.example", "/\\evil.example", "/.//evil.example", "javascript:1", ""]
) {
  Deno.test(`a choice never leads to ${JSON.stringify(next)}`, async () => {
    const response = await createApp().post({ locale: "fr", next });
    assert.equal(response.headers.get("location"), "/");
  });
}

Deno.test("the sign-in page, too, comes back in the language chosen on it", async () => {
  const response = await createApp().post({ locale: "es", next: "/login?next=%2Fmarkets" });
  assert.equal(response.headers.get("location"), "/login?next=%2Fmarkets");
});

const REFUSED: Record<string, string>[] = [{ locale: "de" }, { theme: "pink" }, { time_zone: "Mars/Olympus" }, {
  locale: "en.light",
}];

for (const form of REFUSED) {
  Deno.test(`${JSON.stringify(form)} is refused and not kept`, async () => {
    const { post, written, kept } = createApp();
    const response = await post(form);
    assert.equal(response.status, 400);
    assert.deepEqual([...written, ...kept], []);
  });
}

Deno.test("a page asks the cookie first and the browser's languages next", async () => {
  const { app } = createApp();
  const ask = async (headers: Record<string, string>) => await (await app.request("/what", { headers })).json();
  assert.deepEqual(await ask({ "accept-language": "es-MX,es;q=0.9" }), {
    locale: "es",
    timeZone: "UTC",
    theme: "dark",
  });
  assert.deepEqual(await ask({ "accept-language": "es", cookie: "outcry_prefs=fr.light.Asia/Tokyo" }), {
    locale: "fr",
    timeZone: "Asia/Tokyo",
    theme: "light",
  });
  assert.equal((await ask({ cookie: "outcry_prefs=<x>.<y>.<z>" })).locale, "en");
});
