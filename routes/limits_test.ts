import assert from "node:assert/strict";
import { step } from "../supabase/embedded/testing.ts";
import { createTestWeb, ORIGIN, seedMarkets, startStack, type TestWeb } from "../tests/web.ts";

const KEY = "0123456789abcdef0123456789abcdef";
const SYMBOLS = "/api/v1/symbols?limit=1";

/** One GET from an address; the body is not read. */
async function from(web: TestWeb, hostname: string, path = SYMBOLS, headers: Record<string, string> = {}) {
  const response = await web.app.request(`${ORIGIN}${path}`, { headers }, {
    remoteAddr: { transport: "tcp", hostname, port: 1 },
  });
  const body = response.headers.get("content-type")?.includes("json") ? await response.json() : null;
  if (body === null) await response.body?.cancel();
  return { status: response.status, headers: response.headers, code: body?.code as string | undefined };
}

// ASVS 5: 2.4.1: excessive calls are refused by address, and a client's own words about its address count for nothing.
Deno.test({
  name: "the web's callers are limited by the address it vouches for, and told what is left (ASVS 5: 2.4.1)",
  // realtime-js leaves a timer of 10 s behind each disconnect(), which either sanitizer takes for a leak.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn(t) {
    await using stack = await startStack();
    const { sql } = stack;
    await seedMarkets(stack);
    await sql`select public.set_edge_hmac_key(${KEY})`;
    await sql`update public.rate_limit_rules set capacity = 3, refill_per_s = 0.01, shared_factor = 2, shards = 1
      where name in ('market_read', 'watch')`;
    const web = await createTestWeb({ supabase: stack });
    const empty = () => sql`delete from public.rate_limits`;
    const keys = async (rule: string) =>
      (await sql`select key from public.rate_limits where rule = ${rule} order by key`).map(({ key }) => key as string);

    await step(
      t,
      "answers of the API tell the limit, as it is widely read and as the IETF's draft has it",
      async () => {
        const { status, headers } = await from(web, "203.0.113.1");
        assert.equal(status, 200);
        assert.deepEqual(
          ["limit", "remaining", "reset", "policy"].map((name) => headers.get(`ratelimit-${name}`)),
          ["3", "2", "100", '"market_read";q=3;w=300'],
        );
        assert.equal(headers.get("ratelimit"), '"market_read";r=2;t=100');
      },
    );

    await step(t, "the call too many gets 429, a code and Retry-After; other addresses notice nothing", async () => {
      await from(web, "203.0.113.1");
      await from(web, "203.0.113.1");
      const { status, code, headers } = await from(web, "203.0.113.1");
      assert.deepEqual([status, code], [429, "rate_limited"]);
      assert.match(headers.get("content-type") ?? "", /^application\/problem\+json/);
      const wait = Number(headers.get("retry-after"));
      assert.ok(wait > 90 && wait <= 100, String(wait));
      assert.deepEqual([headers.get("ratelimit-remaining"), headers.get("ratelimit-limit")], ["0", "3"]);
      assert.equal((await from(web, "203.0.113.2")).status, 200);
    });

    await step(t, "on a page it is said in the page's language, and in no other", async () => {
      const headers = { accept: "text/html", "accept-language": "fr" };
      const response = await web.app.request(`${ORIGIN}/markets`, { headers }, {
        remoteAddr: { transport: "tcp", hostname: "203.0.113.1", port: 1 },
      });
      const html = await response.text();
      assert.equal(response.status, 429);
      assert.ok(Number(response.headers.get("retry-after")) > 60);
      assert.match(html, /Trop de requêtes/);
      assert.doesNotMatch(html, /Too many|try again/i);
    });

    await step(t, "headers about the address are believed from trusted proxies alone", async () => {
      await empty();
      for (let n = 0; n < 3; n++) await from(web, "203.0.113.3", SYMBOLS, { "x-forwarded-for": `198.51.100.${n}` });
      const forged = { "x-forwarded-for": "198.51.100.99", "x-outcry-address": "0".repeat(16) };
      assert.equal((await from(web, "203.0.113.3", SYMBOLS, forged)).status, 429);
      const proxied = await createTestWeb({ supabase: stack, env: { TRUSTED_PROXIES: "1" } });
      const via = { "x-forwarded-for": "203.0.113.3, 198.51.100.7" };
      assert.equal((await from(proxied, "203.0.113.3", SYMBOLS, via)).status, 200);
      assert.equal((await keys("market_read")).length, 2);
    });

    await step(t, "a stream's watch counts against who opened it, when it is renewed and left too", async () => {
      await empty();
      let nowMs = Date.now();
      const later = await createTestWeb({ supabase: stack, nowMs: () => nowMs });
      const open = async (hostname: string) =>
        await later.app.request(`${ORIGIN}/api/v1/stream/candles?symbol=BTC-USDT&timeframe=1m`, {}, {
          remoteAddr: { transport: "tcp", hostname, port: 1 },
        });
      const tokens = async () =>
        (await sql`select key, tokens::float8 from public.rate_limits where rule = 'watch' order by tokens`).map(
          (row) => [row.key.split(":")[0], Math.round(row.tokens)],
        );
      const [first, second] = [await open("203.0.113.10"), await open("203.0.113.11")];
      assert.deepEqual([first.status, second.status], [200, 200]);
      assert.deepEqual(await tokens(), [["address", 2], ["address", 2]]);
      nowMs += 30_000;
      for (let n = 0; n < 200 && (await tokens()).some(([, left]) => left !== 1); n++) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      assert.deepEqual(await tokens(), [["address", 1], ["address", 1]]);
      await first.body?.cancel();
      await second.body?.cancel();
      await later.services.close();
      assert.deepEqual(await tokens(), [["address", 0], ["address", 0]]);
    });

    await step(t, "without EDGE_HMAC_KEY all anonymous callers share one bucket", async () => {
      await empty();
      const keyless = await createTestWeb({ supabase: stack, env: { EDGE_HMAC_KEY: "" } });
      for (let n = 0; n < 6; n++) assert.equal((await from(keyless, `203.0.113.${n}`)).status, 200);
      assert.equal((await from(keyless, "203.0.113.99")).status, 429);
      assert.deepEqual(await keys("market_read"), ["shared"]);
    });
  },
});
