import assert from "node:assert/strict";
import { Registry } from "prom-client";
import { startTestSupabase, type TestSupabase } from "../supabase/embedded/testing.ts";
import { createLogger } from "../lib/kernel/log.ts";
import { uuidv7 } from "../lib/kernel/uuid.ts";
import { createWorkerClient, Rpc } from "../lib/kernel/worker/supabase.ts";
import type { Candle } from "../lib/market/candle.ts";
import { type Timeframe } from "../lib/market/timeframe.ts";
import { candleLine } from "../lib/market/worker/candle_table.ts";
import { Feed } from "../lib/market/worker/feed.ts";
import { FeedMetrics } from "../lib/market/worker/feed_metrics.ts";
import { FeedRecording, newRecordingId } from "../lib/market/worker/feed_recording.ts";
import { replayRecording, type ReplayResult, sha256 } from "../lib/market/worker/replay.ts";
import { openVenue } from "../lib/market/worker/venues.ts";
import { Broadcaster } from "../lib/realtime/worker/broadcaster.ts";
import { only, parseRecordArguments, recordExchange } from "./record.ts";
import { describe, parseReplayArguments, REPLAY_EXCHANGE } from "./replay.ts";
import { type Simulator, startSimulator } from "./simulator/server.ts";
import { injectFault } from "./simulator/testing.ts";

const SYMBOLS = ["BTC-USDT", "ETH-USDT", "SOL-USDT"];
const ROOT = new URL("../", import.meta.url);
const logger = createLogger({ service: "test", write: () => {}, nowMs: Date.now });
const nowMs = () => performance.now();

Deno.test("record and replay", { sanitizeOps: true, sanitizeResources: true }, async (t) => {
  const folder = await Deno.makeTempDir({ prefix: "outcry-replay-" });
  const stack = await startTestSupabase();
  const simulator = await startSimulator({
    port: 0,
    speed: 60,
    seed: 1,
    dataDir: `${folder}/sim`,
    logger,
    nowMs: Date.now,
  });
  const simPort = Number(new URL(simulator.url).port);
  let stored = "";
  let toldByTool = "";

  await t.step(
    "a feed through a disconnect, a gap and bad frames is recorded, and so is a killed one beside it",
    async () => {
      await Deno.writeTextFile(`${folder}/file`, "");
      const unwritable = new AbortController();
      const options = { exchange: "sim", symbols: ["BTC-USDT"], simPort, logger };
      const hindered = recordExchange({ ...options, folder: `${folder}/file/in` }, unwritable.signal);
      const killed = spawn("tools/record.ts", [
        "--symbols",
        "BTC-USDT,ETH-USDT",
        "--out",
        `${folder}/killed`,
      ], { SIM_PORT: String(simPort) });
      const feed = startFeed(stack, simPort, `${folder}/live`);
      await until(() => feed.health().live === SYMBOLS.length, "the feed to be live");
      await until(() => partsIn(`${folder}/live`).length > 1, "a second part");
      await misfortune(simulator, () => feed.health());
      await until(() => sizeOf(`${folder}/killed`) > 0, "the other recording to be begun");
      unwritable.abort();
      const { candles, dropped } = await hindered;
      assert.ok(
        candles > 3_000 && dropped > 0,
        `the feed goes on without a disk: ${candles} candles, ${dropped} dropped`,
      );
      await feed.stop();
      killed.kill("SIGKILL");
      await killed.output();
      stored = await storedCandles(stack, "sim");
    },
  );

  await t.step("the tool replays it to the very candles in the database, and stores them", async () => {
    const [path = ""] = partsIn(`${folder}/live`);
    const tool = await spawn("tools/replay.ts", [path, "--out", `${folder}/out`, "--store"], {
      SUPABASE_URL: stack.url,
      SUPABASE_SECRET_KEY: stack.secretKey,
    }).output();
    toldByTool = new TextDecoder().decode(tool.stdout);
    assert.equal(tool.code, 0, toldByTool);
    assertSameLines(await storedCandles(stack, REPLAY_EXCHANGE), stored);
    const [file = ""] = [...Deno.readDirSync(`${folder}/out`)].map(({ name }) => name);
    assertSameLines(await Deno.readTextFile(`${folder}/out/${file}`), stored);
    assert.match(toldByTool, new RegExp(`SHA-256 ${await sha256(stored)}`));
  });
  await simulator.stop();
  await stack.stop();

  await t.step("it replays to the same bytes again, with all that went wrong", async () => {
    const result = await replay(partsIn(`${folder}/live`)[0] ?? "");
    assertSameLines(result.text, stored);
    assert.deepEqual(result.faults, []);
    assert.equal(result.live.equal, result.rows.length, describe(result).join("\n"));
    assert.equal(result.totals.reconnects, 1);
    assert.ok(result.totals.gapsFound > 0 && result.totals.gapsFound === result.totals.gapsFilled);
    assert.deepEqual(result.badFrames, { missing_field: 2, not_json: 2, too_long: 2 });
    assert.ok(toldByTool.includes(`SHA-256 ${result.sha256}`));
  });

  await t.step("a part whose beginnings are gone replays to the same candles from there on", async () => {
    const seen: string[] = [];
    let settled: ReplayResult | null = null;
    for (const part of partsIn(`${folder}/live`).slice(1)) {
      const result = await replay(part);
      seen.push(...describe(result).slice(0, 4));
      // One that begins while history is still being read lacks what was under way, and the last may be empty.
      if (result.live.stored > 3 && result.live.missing <= 2 * SYMBOLS.length) settled ??= result;
    }
    assert.ok(settled !== null, seen.join("\n"));
    const result: ReplayResult = settled;
    const { stored, differing, indicators } = result.live;
    // What is there is right, and after 500 candles so are its indicators.
    assert.equal(differing, 0, describe(result).join("\n"));
    assert.ok(indicators < stored, describe(result).join("\n"));
    assert.match(result.faults.join(), /it begins with part \d+/);
  });

  await t.step(
    "a killed process' recording replays up to its end at any speed, and says that it is not whole",
    async () => {
      const [path = ""] = partsIn(`${folder}/killed`);
      const fast = await replay(path);
      assert.ok(fast.live.stored > 3_000, describe(fast).join("\n"));
      assert.equal(fast.live.equal, fast.live.stored, describe(fast).join("\n"));
      assert.match(fast.faults.join(), /not ended in order|cut off/);
      const bytes = await Deno.readFile(path);
      const cut = `${folder}/cut.gz`;
      await Deno.writeFile(cut, bytes.subarray(0, bytes.length - 1));
      const paced = await replay(cut, 8);
      const again = await replay(cut);
      assert.equal(paced.sha256, again.sha256);
      assert.match(paced.faults.join(), /cut off: it was read up to byte \d+/);
      assert.equal(paced.live.equal, paced.live.stored, describe(paced).join("\n"));
      assert.ok(paced.live.equal > 3_000 && paced.rows.length <= fast.rows.length, describe(paced).join("\n"));
    },
  );
  await Deno.remove(folder, { recursive: true });
});

Deno.test("the tools' arguments are refused in words", () => {
  const record = (...args: string[]) => {
    const parsed = parseRecordArguments(args, {});
    return parsed.ok ? "taken" : parsed.message;
  };
  assert.equal(record("--symbols", "BTC-USDT, ETH-USDT", "--out", "x"), "taken");
  assert.match(record("--out", "x"), /name 1 to 500 symbols/);
  assert.match(record("--symbols", "btc/usdt", "--out", "x"), /"btc\/usdt" is no symbol/);
  assert.match(record("--symbols", "BTC-USDT"), /name a folder with --out/);
  assert.match(record("--exchange", "nowhere", "--symbols", "BTC-USDT", "--out", "x"), /not offered/);
  assert.match(record("--symbols", "BTC-USDT", "--out", "x", "--seconds", "0"), /--seconds must be above 0/);
  const replay = (...args: string[]) => {
    const parsed = parseReplayArguments(args);
    return parsed.ok ? parsed.speed : parsed.message;
  };
  assert.equal(replay("file"), Number.POSITIVE_INFINITY);
  assert.equal(replay("file", "--speed", "2.5"), 2.5);
  assert.match(String(replay("file", "--speed", "fast")), /--speed must be above 0, or max/);
  assert.match(String(replay()), /name one file/);
});

/** All that can go wrong on a socket, one after the other, and the feed well again after it. */
async function misfortune(simulator: Simulator, health: () => ReturnType<Feed["health"]>): Promise<void> {
  const well = () => health().live === SYMBOLS.length && health().state === "live";
  await injectFault(simulator, { kind: "disconnect" });
  await until(() => health().reconnects === 1 && well(), "the reconnect");
  const before = health().gapsFilled as number;
  await injectFault(simulator, { kind: "gap", duration_ms: 2_200, symbol: "ETH-USDT" });
  for (let i = 0; i < 2; i++) {
    await injectFault(simulator, { kind: "frame", text: "half a fr" });
    await injectFault(simulator, { kind: "frame", text: "{}", length: 20_000 });
    await injectFault(simulator, { kind: "frame", text: '{"stream":"btcusdt@kline_1m","data":{"e":"kline","E":1}}' });
  }
  await until(() => health().gapsFilled as number > before && well(), "the gap to be filled");
}

function startFeed(stack: TestSupabase, simPort: number, folder: string) {
  const rpc = new Rpc(createWorkerClient(stack.url, stack.secretKey));
  const broadcaster = new Broadcaster({
    url: stack.url,
    secretKey: stack.secretKey,
    logger,
    random: Math.random,
    nowMs: () => performance.now(),
    messages_per_s_max: null,
  });
  const wallMs = () => Date.now();
  // Short parts, so that several are needed.
  const limits = { part_ms_max: 2_000 };
  const recording = new FeedRecording({
    exchange: "sim",
    folder,
    logger,
    nowMs,
    wallMs,
    newId: newRecordingId,
    limits,
  });
  const wanted = new Set(SYMBOLS);
  const options = { exchange: "sim", logger, nowMs, random: Math.random };
  const feed = new Feed({
    ...options,
    holder: uuidv7(Date.now(), crypto.getRandomValues(new Uint8Array(10))),
    rpc,
    store: recording.openStore(rpc),
    broadcaster,
    metrics: new FeedMetrics(new Registry()),
    openVenue: () => recording.openVenue((tap) => only(openVenue({ ...options, tap }, simPort), wanted)),
    wallMs,
  });
  const stopping = new AbortController();
  const run = feed.run(stopping.signal);
  return {
    health: () => feed.health(),
    async stop() {
      stopping.abort();
      await run;
      await broadcaster.close();
      await recording.close();
      assert.equal(recording.dropped, 0);
    },
  };
}

/** Fails with the lines that differ: all of them are megabytes. */
function assertSameLines(actual: string, expected: string): void {
  if (actual === expected) return;
  const [ours, theirs] = [actual, expected].map((text) => text.split("\n"));
  const [a, b] = [new Set(ours), new Set(theirs)];
  const difference = { replayed: a.difference(b), stored: b.difference(a) };
  assert.fail(`${difference.replayed.size} lines differ: ` + Deno.inspect(difference, { iterableLimit: 6 }));
}

function replay(path: string, speed = Number.POSITIVE_INFINITY): Promise<ReplayResult> {
  return replayRecording({ path, speed, logger, nowMs });
}

/** An exchange's candles as the database has them, as a replay writes them. */
async function storedCandles({ sql }: TestSupabase, exchange: string): Promise<string> {
  const rows = await sql`
    select symbol, timeframe, private.candle_json(c) as candle from public.candles c
    where exchange = ${exchange}
    order by symbol collate "C", array_position(array['1m', '5m', '15m', '1h', '4h', '1d'], timeframe), open_time`;
  return rows.map(({ symbol, timeframe, candle }) => {
    const { closed: _closed, ...rest } = candle as Candle;
    return `${candleLine({ symbol: symbol as string, timeframe: timeframe as Timeframe, ...rest })}\n`;
  }).join("");
}

function spawn(script: string, args: string[], env: Record<string, string>): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", script, ...args],
    cwd: ROOT,
    env,
    stdout: "piped",
    stderr: "null",
  }).spawn();
}

function partsIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => `${folder}/${name}`).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

function sizeOf(folder: string): number {
  return partsIn(folder).reduce((sum, path) => sum + Deno.statSync(path).size, 0);
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!condition()) {
    assert.ok(performance.now() < deadline, `Gave up waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
