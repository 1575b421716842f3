import assert from "node:assert/strict";
import { CANDLES_STORED, createTestWeb, FIRST_T, ORIGIN, seedMarkets, startStack, TestBrowser } from "../tests/web.ts";

const LAST_T = FIRST_T + (CANDLES_STORED - 1) * 60_000;
const CLIENT_ID = "01a1f8c1-fd9a-734b-9e3b-c075cbb3b928";

Deno.test("the web against the real stack, without a port", async (t) => {
  await using stack = await startStack();
  await seedMarkets(stack);
  let calls = 0;
  const counting: typeof fetch = (input, init) => {
    calls++;
    return fetch(input, init);
  };
  const web = await createTestWeb({ supabase: stack, fetch: counting });
  const get = (path: string, headers: Record<string, string> = {}) => web.app.request(path, { headers });
  const json = async (path: string) => await (await get(path)).json();

  await t.step("GET /healthz says that the server can work", async () => {
    assert.deepEqual(await json("/healthz"), { status: "ok", mode: "local", database: "ok", streams: 0 });
  });

  for (const path of ["/", "/markets", "/markets/sim/BTC-USDT?timeframe=5m", "/login", "/nothing/here"]) {
    await t.step(`${path} is a whole page under a strict policy, in two calls to Supabase at most`, async () => {
      calls = 0;
      const response = await get(path, { accept: "text/html" });
      const html = await response.text();
      assert.match(html, /^<!doctype html>.*<\/html>$/s);
      assert.ok(calls <= 2, `${calls} calls`);
      assert.match(response.headers.get("server-timing") ?? "", /total;dur=/);
      const policy = response.headers.get("content-security-policy") ?? "";
      const nonce = /'nonce-([^']+)'/.exec(policy)?.[1] ?? "";
      assert.ok(nonce.length >= 16 && html.includes(`nonce="${nonce}"`));
      assert.match(policy, /default-src 'none'; script-src 'self' 'nonce-/);
      assert.doesNotMatch(policy, /unsafe|\*(?!;| |$)/);
      assert.match(policy, /frame-ancestors 'none'; base-uri 'none'/);
      assert.ok(policy.includes(`connect-src 'self' ${stack.url} ${stack.url.replace("http", "ws")};`));
      assert.equal(response.headers.get("x-frame-options"), "DENY");
      assert.equal(response.headers.get("x-content-type-options"), "nosniff");
      assert.match(response.headers.get("x-request-id") ?? "", /^[0-9a-f-]{36}$/);
      assert.doesNotMatch(html, / style="| on\w+="|sb_secret/);
    });
  }

  await t.step("each page has a nonce of its own", async () => {
    const policies = await Promise.all(
      ["/", "/"].map(async (path) => (await get(path)).headers.get("content-security-policy")),
    );
    assert.notEqual(policies[0], policies[1]);
  });

  await t.step("a market's page reads its price and candles without a script", async () => {
    const html = await (await get("/markets/sim/BTC-USDT")).text();
    assert.match(html, /98,412\.60/);
    assert.match(html, /LOCAL/);
  });

  await t.step("the list of markets searches and pages", async () => {
    const found = await (await get("/markets?q=eth")).text();
    assert.match(found, /ETH/);
    assert.doesNotMatch(found, /SOL-USDT/);
    assert.equal((await get("/markets?q=%00")).status, 400);
    assert.equal((await get(`/markets?q=${"x".repeat(41)}`)).status, 400);
    assert.equal((await get("/markets?cursor=x")).status, 400);
  });

  await t.step("a page that does not exist is a page, with its code", async () => {
    const browser = new TestBrowser(web);
    for (
      const [path, status, code] of [
        ["/nothing", 404, "not_found"],
        ["/markets/sim/NOPE-USDT", 404, "unknown_symbol"],
        ["/markets/sim/btc", 400, "invalid_symbol"],
        ["/markets/SIM/BTC-USDT", 400, "invalid_exchange"],
        ["/markets/sim/BTC-USDT?timeframe=7m", 400, "invalid_timeframe"],
      ] as const
    ) {
      const response = await browser.request(path);
      assert.equal(response.status, status, path);
      assert.match(await response.text(), new RegExp(`<code>${code}</code>`));
    }
  });

  await t.step("symbols come in pages that join without a gap or a double", async () => {
    const seen: string[] = [];
    for (let cursor = ""; cursor !== null;) {
      const page = await json(`/api/v1/symbols?limit=7${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
      seen.push(...page.items.map((item: { symbol: string }) => item.symbol));
      cursor = page.next_cursor;
    }
    assert.equal(seen.length, 30);
    assert.equal(new Set(seen).size, 30);
  });

  await t.step("candles are decimal strings, oldest first, and their cursor is the next from", async () => {
    const base = "/api/v1/candles?exchange=sim&symbol=BTC-USDT&timeframe=1m";
    const latest = await json(`${base}&limit=2`);
    assert.deepEqual(latest.items[1], {
      t: LAST_T,
      o: "1599",
      h: "1600",
      l: "1598",
      c: "1599.5",
      v: "3",
      closed: true,
      ind: { sma20: 100.5 },
    });
    const seen: number[] = [];
    for (let from: string | null = new Date(FIRST_T).toISOString(); from !== null;) {
      const page = await json(`${base}&limit=1000&from=${from}`);
      seen.push(...page.items.map((candle: { t: number }) => candle.t));
      from = page.next_cursor;
    }
    assert.deepEqual(seen, Array.from({ length: CANDLES_STORED }, (_, i) => FIRST_T + i * 60_000));
    const byCursor = await json(`${base}&limit=3&cursor=${FIRST_T + 1}`);
    assert.equal(byCursor.items[0].t, FIRST_T + 60_000);
    const range = await json(`${base}&from=${FIRST_T}&to=${FIRST_T + 120_000}`);
    assert.deepEqual(range.items.map((candle: { t: number }) => candle.t), [FIRST_T, FIRST_T + 60_000]);
  });

  await t.step("ws-stats has the agreed shape, and watch and unwatch move its counts", async () => {
    const watch = await new TestBrowser(web).request("/api/v1/watch", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ topics: ["market:sim:BTC-USDT:1m", "market:sim:BTC-USDT:5m"], client_id: CLIENT_ID }),
    });
    assert.deepEqual([watch.status, (await watch.json()).expires_in], [200, 60]);
    assert.deepEqual(await json("/api/v1/ws-stats"), {
      activeSessions: 1,
      totalSubscriptions: 2,
      sharedWebSockets: 1,
      timeframes: ["1m", "5m"],
      efficiency: { traditionalConnections: 2, sharedConnections: 1, savedConnections: 1, savingsPercent: "50%" },
    });
    // A beacon of a string, as a page sends it on its way out.
    const beacon = await web.app.request("/api/v1/unwatch", {
      method: "POST",
      headers: { "content-type": "text/plain;charset=UTF-8", "sec-fetch-site": "same-origin", origin: ORIGIN },
      body: JSON.stringify({ client_id: CLIENT_ID }),
    });
    assert.equal(beacon.status, 204);
    const again = await web.app.request("/api/v1/unwatch", {
      method: "POST",
      headers: { "content-type": "application/json", origin: ORIGIN },
      body: JSON.stringify({ client_id: CLIENT_ID }),
    });
    assert.equal(again.status, 204);
    assert.equal((await json("/api/v1/ws-stats")).activeSessions, 0);
  });

  const candles = "/api/v1/candles?exchange=sim&timeframe=1m&symbol=BTC-USDT";
  const queries: [string, string, number, string][] = [
    ["an unknown symbol", "/api/v1/candles?exchange=sim&symbol=NOPE-USDT", 404, "unknown_symbol"],
    ["no symbol", "/api/v1/candles?exchange=sim", 400, "invalid_symbol"],
    ["an SQL injection for a symbol", "/api/v1/candles?symbol=';drop table candles;--", 400, "invalid_symbol"],
    ["an empty symbol", "/api/v1/candles?symbol=", 400, "invalid_symbol"],
    [
      "an unknown timeframe",
      `${candles}&timeframe=1m`.replace("timeframe=1m&", "timeframe=3m&"),
      400,
      "invalid_timeframe",
    ],
    ["two timeframes", `${candles}&timeframe=5m`, 400, "invalid_timeframe"],
    ["a malformed exchange", "/api/v1/candles?exchange=BINANCE&symbol=BTC-USDT", 400, "invalid_exchange"],
    ["from later than to", `${candles}&from=${LAST_T}&to=${FIRST_T}`, 400, "invalid_range"],
    ["limit 0", `${candles}&limit=0`, 400, "invalid_limit"],
    ["limit 1001", `${candles}&limit=1001`, 400, "invalid_limit"],
    ["a negative limit", `${candles}&limit=-1`, 400, "invalid_limit"],
    ["a fractional limit", `${candles}&limit=1.5`, 400, "invalid_limit"],
    ["an empty limit", `${candles}&limit=`, 400, "invalid_limit"],
    ["a limit that is no number", `${candles}&limit=1e2`, 400, "invalid_limit"],
    ["a time that is none", `${candles}&from=yesterday`, 400, "invalid_time"],
    ["a time past year 9999", `${candles}&to=999999999999999`, 400, "invalid_time"],
    ["a 13th month", `${candles}&to=2026-13-01T00:00:00Z`, 400, "invalid_time"],
    ["a negative time", `${candles}&from=-1`, 400, "invalid_time"],
    ["a foreign cursor", `${candles}&cursor=abc`, 400, "invalid_cursor"],
    ["201 symbols a page", "/api/v1/symbols?limit=201", 400, "invalid_limit"],
    ["a foreign symbols cursor", "/api/v1/symbols?cursor=x;y", 400, "invalid_cursor"],
    ["a search with a NUL", "/api/v1/symbols?q=%00", 400, "bad_request"],
    ["a search too long", `/api/v1/symbols?q=${"x".repeat(41)}`, 400, "bad_request"],
    ["an address nobody serves", "/api/v1/nothing", 404, "not_found"],
    ["a broken escape in the path", "/api/v1/%E0%A4%A", 404, "not_found"],
  ];
  for (const [what, path, status, code] of queries) {
    await t.step(`the API answers ${what} with ${status} ${code}`, async () => {
      const response = await get(path);
      assert.equal(response.headers.get("content-type"), "application/problem+json");
      const problem = await response.json();
      assert.deepEqual([response.status, problem.status, problem.code], [status, status, code]);
      assert.deepEqual(Object.keys(problem), ["type", "title", "status", "code", "detail"]);
    });
  }

  const good = { topics: ["market:sim:BTC-USDT:1m"], client_id: CLIENT_ID };
  const bodies: [string, string, string, string | undefined, number, string][] = [
    ["JSON that is none", "watch", "application/json", "{", 400, "bad_request"],
    ["an empty body", "watch", "application/json", undefined, 400, "bad_request"],
    ["an array", "watch", "application/json", "[]", 400, "bad_request"],
    ["a form", "watch", "application/x-www-form-urlencoded", "a=b", 415, "unsupported_media_type"],
    ["no topics", "watch", "application/json", JSON.stringify({ ...good, topics: [] }), 400, "invalid_topic"],
    [
      "51 topics",
      "watch",
      "application/json",
      JSON.stringify({ ...good, topics: Array(51).fill(good.topics[0]) }),
      400,
      "invalid_topic",
    ],
    [
      "someone's private topic",
      "watch",
      "application/json",
      JSON.stringify({ ...good, topics: ["user:x"] }),
      400,
      "invalid_topic",
    ],
    [
      "an unknown symbol",
      "watch",
      "application/json",
      JSON.stringify({ ...good, topics: ["market:sim:NOPE:1m"] }),
      404,
      "unknown_symbol",
    ],
    [
      "a client id that is none",
      "watch",
      "application/json",
      JSON.stringify({ ...good, client_id: "1" }),
      400,
      "bad_request",
    ],
    ["a beacon without an id", "unwatch", "text/plain", "{}", 400, "bad_request"],
    ["a beacon that is no JSON", "unwatch", "text/plain", "hello", 400, "bad_request"],
    ["64 kB and one byte", "watch", "application/json", "x".repeat(65_537), 413, "body_too_large"],
  ];
  for (const [what, route, type, body, status, code] of bodies) {
    await t.step(`POST /api/v1/${route} answers ${what} with ${status} ${code}`, async () => {
      const response = await web.app.request(`/api/v1/${route}`, {
        method: "POST",
        headers: { "content-type": type, origin: ORIGIN },
        ...(body === undefined ? {} : { body }),
      });
      assert.deepEqual([response.status, (await response.json()).code], [status, code]);
    });
  }

  await t.step("a body without a length is cut off at the limit", async () => {
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 16_384;
        controller.enqueue(new Uint8Array(16_384).fill(32));
      },
    });
    const response = await web.app.request("/api/v1/watch", {
      method: "POST",
      headers: { "content-type": "application/json", origin: ORIGIN },
      body: endless,
    });
    assert.deepEqual([response.status, (await response.json()).code], [413, "body_too_large"]);
    assert.ok(sent < 200_000, `${sent} bytes were taken`);
  });

  await t.step("another method than those offered is 405, and says which are", async () => {
    for (
      const [method, path, allow] of [
        ["DELETE", "/api/v1/candles", "GET, HEAD"],
        ["GET", "/api/v1/watch", "POST"],
        ["PUT", "/markets", "GET, HEAD"],
        ["GET", "/logout", "POST"],
      ] as const
    ) {
      const response = await web.app.request(path, { method, headers: { accept: "application/json" } });
      assert.deepEqual([response.status, response.headers.get("allow")], [405, allow], `${method} ${path}`);
      assert.equal((await response.json()).code, "method_not_allowed");
    }
  });

  await t.step("assets are cached for ever, compressed, revalidated, and nothing else is served", async () => {
    const script = await get("/assets/boot-1.js", { "accept-encoding": "gzip" });
    assert.equal(script.headers.get("content-type"), "text/javascript; charset=utf-8");
    assert.match(script.headers.get("cache-control") ?? "", /max-age=31536000, immutable/);
    assert.equal(script.headers.get("content-encoding"), "gzip");
    const unzipped = await new Response(script.body?.pipeThrough(new DecompressionStream("gzip"))).text();
    assert.match(unzipped, /answer = 42/);
    const etag = script.headers.get("etag") ?? "";
    const again = await get("/assets/boot-1.js", { "if-none-match": etag });
    assert.equal(again.status, 304);
    for (
      const path of [
        "/assets/../main.ts",
        "/assets/..%2f..%2fmain.ts",
        "/assets/%2e%2e/deno.json",
        "/assets/....//deno.json",
        "/assets/",
        "/assets/manifest.json",
        "/assets/boot-1.js%00.css",
        "/assets//etc/passwd",
      ]
    ) {
      const response = await get(path);
      await response.body?.cancel();
      assert.equal(response.status, 404, path);
    }
    assert.equal((await get("/favicon.ico")).headers.get("content-type"), "image/svg+xml");
    assert.match(await (await get("/robots.txt")).text(), /Disallow: \/api\//);
  });

  await t.step("the OpenAPI document is made of the routes", async () => {
    const document = await json("/api/v1/openapi.json");
    assert.equal(document.openapi, "3.1.0");
    const served = new Set(
      web.app.routes
        .filter(({ method, path }) => method !== "ALL" && (path.startsWith("/api/") || path === "/healthz"))
        .map(({ path }) => path.replace(/:(\w+)/g, "{$1}")),
    );
    served.delete("/api/v1/openapi.json");
    assert.ok(served.size > 10);
    assert.deepEqual(Object.keys(document.paths).sort(), [...served].sort());
    const limit = document.paths["/api/v1/candles"].get.parameters.find((p: { name: string }) => p.name === "limit");
    assert.deepEqual([limit.schema.type, limit.schema.minimum, limit.schema.maximum], ["integer", 1, 1000]);
  });

  await t.step("a form that is not what it says is refused, on every form", async () => {
    for (const path of ["/login/demo", "/login/oauth"]) {
      const response = await web.app.request(path, {
        method: "POST",
        headers: { "content-type": "multipart/form-data; boundary=q", accept: "application/json" },
        body: "no form",
      });
      assert.deepEqual([response.status, (await response.json()).code], [400, "bad_request"], path);
    }
  });

  await t.step("the log names requests without their queries, addresses or secrets", async () => {
    const env = { remoteAddr: { transport: "tcp" as const, hostname: "203.0.113.7", port: 4 } };
    await (await web.app.request("/auth/callback?code=topsecretcode", {}, env)).body?.cancel();
    await (await web.app.request("/api/v1/symbols?q=private", { headers: { authorization: "Bearer topsecret" } }, env))
      .text();
    const lines = web.log.join("\n");
    assert.match(lines, /"path":"\/auth\/callback"/);
    assert.doesNotMatch(lines, /topsecret|q=private|203\.0\.113/);
  });

  await t.step("production refuses the demo sign-in and shows none, even to a forged form", async () => {
    await stack.sql`update public.deployment set mode = 'production'`;
    const production = await createTestWeb({
      supabase: stack,
      env: { OUTCRY_MODE: "production", PUBLIC_URL: "https://outcry.example" },
    });
    const response = await production.app.request("https://outcry.example/login/demo", {
      method: "POST",
      headers: { origin: "https://outcry.example", accept: "application/json" },
      body: new URLSearchParams({ next: "/" }),
    });
    assert.deepEqual([response.status, (await response.json()).code], [404, "local_only"]);
    for (const path of ["/login", "/"]) {
      const html = await (await production.app.request(path)).text();
      assert.doesNotMatch(html, /demo|LOCAL/, path);
    }
    await production.services.close();
  });

  await t.step("a database of the other mode is refused, and said so by the health check", async () => {
    const local = await createTestWeb({ supabase: stack });
    for (const path of ["/markets", "/api/v1/symbols", "/healthz"]) {
      const response = await local.app.request(path, { headers: { accept: "application/json" } });
      assert.deepEqual([response.status, (await response.json()).code], [503, "mode_mismatch"], path);
    }
    await local.services.close();
    await stack.sql`update public.deployment set mode = 'local'`;
  });

  await t.step("while Supabase is away the front door opens and the rest says so", async () => {
    const away = await createTestWeb({
      supabase: stack,
      fetch: () => Promise.reject(new TypeError("connect ECONNREFUSED 127.0.0.1:54321")),
    });
    assert.equal((await away.app.request("/")).status, 200);
    assert.equal((await away.app.request("/login")).status, 200);
    for (const path of ["/healthz", "/api/v1/symbols", "/api/v1/stream/candles?symbol=BTC-USDT"]) {
      const response = await away.app.request(path);
      const text = await response.text();
      assert.equal(response.status, 503, path);
      assert.match(text, /upstream_unavailable/);
      assert.doesNotMatch(text, /ECONNREFUSED|54321/);
    }
    await away.services.close();
  });

  await web.services.close();
});
