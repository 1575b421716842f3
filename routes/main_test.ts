import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { startStack } from "../tests/web.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const WAIT_ms_MAX = 20_000;
const DOCUMENTED = ["--allow-net", "--allow-env", "--allow-read"];

/** Starts main.ts as documented, with nothing else in its environment. */
function start(env: Record<string, string>): Deno.ChildProcess {
  const inherited = Object.fromEntries(
    ["PATH", "HOME", "DENO_DIR"].flatMap((name) => {
      const value = Deno.env.get(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", ...DOCUMENTED, "main.ts"],
    cwd: ROOT,
    clearEnv: true,
    env: { ...inherited, NO_COLOR: "1", ...env },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function untilAnswers(url: string): Promise<Response> {
  const deadline = performance.now() + WAIT_ms_MAX;
  for (;;) {
    const response = await fetch(url).catch(() => null);
    if (response) return response;
    assert.ok(performance.now() < deadline, `${url} did not answer within ${WAIT_ms_MAX} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

const CONFIGURED = {
  OUTCRY_MODE: "local",
  SUPABASE_URL: "http://127.0.0.1:9",
  SUPABASE_PUBLISHABLE_KEY: "sb_publishable_x",
};

Deno.test("main.ts says in one line what is wrong with its environment, and exits 1", async () => {
  const { code, stderr } = await start({ OUTCRY_MODE: "local" }).output();
  assert.equal(code, 1);
  assert.equal(new TextDecoder().decode(stderr), "Cannot use SUPABASE_URL: it is not set\n");
});

Deno.test("main.ts says in one line that its port is taken, and exits 1", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { code, stderr } = await start({ ...CONFIGURED, PORT: String(listener.addr.port) }).output();
  assert.equal(code, 1);
  assert.match(new TextDecoder().decode(stderr), /^Cannot listen on port \d+: it is taken\. [^\n]+\n$/);
});

Deno.test("main.ts serves with its three permissions alone, and SIGTERM ends it within two seconds, streams too", async () => {
  await using stack = await startStack();
  await stack.sql`insert into public.deployment (mode) values ('local')`;
  await stack.sql`
    insert into public.symbols (exchange, symbol, venue_symbol, base, quote, tick_size, lot_size, min_notional)
    values ('sim', 'BTC-USDT', 'BTCUSDT', 'BTC', 'USDT', 0.01, 0.00001, 5)`;
  const port = freePort();
  const child = start({
    OUTCRY_MODE: "local",
    PORT: String(port),
    SUPABASE_URL: stack.url,
    SUPABASE_PUBLISHABLE_KEY: stack.publishableKey,
  });
  const output = child.output();
  const url = `http://127.0.0.1:${port}`;
  const health = await untilAnswers(`${url}/healthz`);
  assert.deepEqual([health.status, (await health.json()).status], [200, "ok"]);
  for (const path of ["/", "/markets", "/markets/sim/BTC-USDT", "/login", "/api/v1/openapi.json"]) {
    const response = await fetch(`${url}${path}`);
    assert.equal(response.status, 200, path);
    await response.body?.cancel();
  }
  // fetch() sends no TRACE.
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode("TRACE /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"));
  assert.match(await new Response(connection.readable).text(), /^HTTP\/1\.1 405 .*method_not_allowed/s);
  const demo = await fetch(`${url}/login/demo`, { method: "POST", redirect: "manual", body: new URLSearchParams() });
  assert.equal(demo.status, 303);
  await demo.body?.cancel();
  const stream = await fetch(`${url}/api/v1/stream/candles?symbol=BTC-USDT`, {
    headers: { "accept-encoding": "gzip" },
  });
  assert.equal(stream.headers.get("content-encoding"), null);
  const ended = new Response(stream.body).text();
  const startedMs = performance.now();
  child.kill("SIGTERM");
  const { code, stdout, stderr } = await output;
  const tookMs = performance.now() - startedMs;
  assert.equal(code, 0);
  assert.ok(tookMs < 2_000, `took ${tookMs} ms`);
  assert.match(await ended, /event: status/);
  assert.equal(new TextDecoder().decode(stderr), "");
  for (const line of new TextDecoder().decode(stdout).trim().split("\n")) assert.equal(JSON.parse(line).service, "web");
});

/** Names and routes of the spans in OTLP's JSON, whatever it nests them in. */
function spansIn(body: unknown): { name: string; route: string | undefined; request_id: string | undefined }[] {
  if (Array.isArray(body)) return body.flatMap(spansIn);
  if (typeof body !== "object" || body === null) return [];
  if (!("spanId" in body && "name" in body && "attributes" in body)) return Object.values(body).flatMap(spansIn);
  const attributes = new Map(
    (body.attributes as { key: string; value: { stringValue?: string } }[]).map(({ key, value }) => [
      key,
      value.stringValue,
    ]),
  );
  const [route, request_id] = [attributes.get("http.route"), attributes.get("outcry.request_id")];
  return [{ name: String(body.name), route, request_id }];
}

// ASVS 5: 16.2.4 (logs and traces share the request's id), 16.2.5 (no name holds what an address holds).
Deno.test("main.ts tells OpenTelemetry its requests by route, with its documented permissions (ASVS 5: 16.2.4)", async () => {
  const spans: ReturnType<typeof spansIn> = [];
  let metrics = "";
  const collector = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/v1/traces") spans.push(...spansIn(await request.json()));
    else if (pathname === "/v1/metrics") metrics = JSON.stringify(await request.json());
    else await request.body?.cancel();
    return Response.json({});
  });
  const port = freePort();
  const child = start({
    ...CONFIGURED,
    PORT: String(port),
    OTEL_DENO: "true",
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector.addr.port}`,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_BSP_SCHEDULE_DELAY: "100",
    OTEL_METRIC_EXPORT_INTERVAL: "200",
  });
  const output = child.output();
  try {
    const url = `http://127.0.0.1:${port}`;
    await (await untilAnswers(`${url}/healthz`)).body?.cancel();
    const page = await fetch(`${url}/markets/sim/SECRET-ONE?code=secret-two`);
    await page.body?.cancel();
    await (await fetch(`${url}/secret-three`)).body?.cancel();
    const find = () => spans.find(({ route }) => route === "/markets/:exchange/:symbol");
    const deadline = performance.now() + WAIT_ms_MAX;
    while (find() === undefined || spans.length < 3) {
      assert.ok(performance.now() < deadline, `no span came: ${JSON.stringify(spans)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    while (!metrics.includes("/markets/:exchange/:symbol")) {
      assert.ok(performance.now() < deadline, `no duration came: ${metrics}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.match(metrics, /"name":"http\.request\.duration","description":"[^"]*","unit":"s"/);
    assert.doesNotMatch(metrics.slice(metrics.indexOf("http.request.duration")), /secret-/i);
    assert.equal(find()?.name, "GET /markets/:exchange/:symbol");
    assert.equal(find()?.request_id, page.headers.get("x-request-id"));
    assert.doesNotMatch(spans.map(({ name, route }) => `${name} ${route}`).join("\n"), /secret/i);
  } finally {
    child.kill("SIGTERM");
    await output;
    await collector.shutdown();
  }
});
