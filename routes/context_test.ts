import assert from "node:assert/strict";
import { Hono } from "hono";
import { addressOf, type AppEnv } from "./context.ts";

async function addressFor(hostname: string | null): Promise<string> {
  const app = new Hono<AppEnv>().get("/", (c) => c.text(addressOf(c)));
  const env = hostname === null ? {} : { remoteAddr: { transport: "tcp" as const, hostname, port: 1 } };
  const headers = { "x-forwarded-for": "198.51.100.1" };
  return await (await app.request("/", { headers }, env)).text();
}

Deno.test("addressOf() takes the peer's word over any header", async () => {
  assert.equal(await addressFor("203.0.113.9"), "203.0.113.9");
  assert.equal(await addressFor("::ffff:203.0.113.9"), "203.0.113.9");
  assert.equal(await addressFor(null), "unknown");
});

Deno.test("addressOf() counts an IPv6 network as one address", async () => {
  const first = await addressFor("2001:db8:1:2:3:4:5:6");
  assert.equal(first, "2001:db8:1:2::/64");
  assert.equal(await addressFor("2001:db8:1:2::9"), first);
  assert.notEqual(await addressFor("2001:db8:1:3::9"), first);
  assert.equal(await addressFor("::1"), "0:0:0:0::/64");
});
