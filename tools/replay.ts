/**
 * `deno task replay FILE [--speed N|max] [--out DIR] [--store]` drives the feed with a recording and prints the SHA-256
 * of the candles it makes. `--store` also writes them to the database of SUPABASE_URL and SUPABASE_SECRET_KEY, as those
 * of an exchange called `replay`.
 */
import { parseArgs } from "node:util";
import { createLogger } from "../lib/kernel/log.ts";
import { uuidv7 } from "../lib/kernel/uuid.ts";
import { Lease } from "../lib/kernel/worker/lease.ts";
import { createWorkerClient, Rpc, type RpcResult } from "../lib/kernel/worker/supabase.ts";
import { FeedStore, ROWS_PER_CALL_MAX } from "../lib/market/worker/feed_store.ts";
import { RecordingError } from "../lib/market/worker/recording_block.ts";
import { replayRecording, type ReplayResult } from "../lib/market/worker/replay.ts";

/** The exchange under which replayed candles are stored. */
export const REPLAY_EXCHANGE = "replay";

const USAGE = "use `deno task replay FILE [--speed N|max] [--out DIR] [--store]`";

type Arguments =
  | { ok: true; path: string; speed: number; out: string | null; store: boolean }
  | { ok: false; message: string };

/** Reads the command line. */
export function parseReplayArguments(args: string[]): Arguments {
  const refuse = (why: string): Arguments => ({ ok: false, message: `Cannot replay: ${why}; ${USAGE}` });
  let parsed;
  try {
    const options = { speed: { type: "string" }, out: { type: "string" }, store: { type: "boolean" } } as const;
    parsed = parseArgs({ args, allowPositionals: true, options });
  } catch (error) {
    return refuse(error instanceof Error ? error.message : "the arguments are wrong");
  }
  const { values: { speed: named = "max", out, store = false }, positionals: [path, ...rest] } = parsed;
  if (path === undefined || rest.length > 0) return refuse("name one file");
  const speed = named === "max" ? Number.POSITIVE_INFINITY : Number(named);
  if (!(speed > 0)) return refuse("--speed must be above 0, or max");
  return { ok: true, path, speed, out: out ?? null, store };
}

/** What a replay found, for people. */
export function describe(result: ReplayResult): string[] {
  const { live, totals, answers, badFrames } = result;
  const bad = Object.entries(badFrames).map(([reason, count]) => `${reason} ${count}`);
  return [
    ...result.faults.map((fault) => `Fault: ${fault}`),
    `${result.frames} frames of ${result.exchange} over ${(result.span_ms / 1_000).toFixed(1)} s`,
    `${totals.reconnects} sockets lost, ${totals.replaced} replaced, ${totals.gapsFound} candles missing, ` +
    `${totals.gapsFilled} filled, ${totals.foldsChecked} folds checked, ${totals.foldsDiffering} differing`,
    `Bad frames: ${bad.length === 0 ? "none" : bad.join(", ")}`,
    `${answers.recorded} answers of history as recorded, ${answers.made} made of what else was recorded`,
    `${result.rows.length} candles; of ${live.stored} that the recorded feed stored ${live.equal} are equal, ` +
    `${live.indicators} but for their indicators, ${live.differing} differ, ${live.missing} are missing; ` +
    `${live.beyond} go beyond them`,
    ...live.examples.map(({ live, replayed }) => `Stored ${live}, replayed ${replayed ?? "nothing"}`),
    `SHA-256 ${result.sha256}`,
  ];
}

/** Stores a replay's candles under {@link REPLAY_EXCHANGE}; answers how many were new. Throws when it is not let in. */
export async function storeReplay({ rows, markets }: ReplayResult, rpc: Rpc, holder: string): Promise<number> {
  const lease = new Lease(`feed:${REPLAY_EXCHANGE}`, holder, rpc, () => performance.now());
  const store = new FeedStore(rpc, REPLAY_EXCHANGE);
  const write = async (call: (token: number) => Promise<RpcResult>) => {
    const state = await lease.renew();
    const token = lease.token;
    if (token === null) throw new Error(`Cannot store the replay: the lease feed:${REPLAY_EXCHANGE} is ${state}`);
    const answer = await call(token);
    if (!answer.ok) throw new Error(`Cannot store the replay: ${answer.code} ${answer.detail}`);
    return Number(answer.data);
  };
  let added = 0;
  try {
    for (let i = 0; i < markets.length; i += ROWS_PER_CALL_MAX) {
      await write((token) => store.recordSymbols(token, markets.slice(i, i + ROWS_PER_CALL_MAX)));
    }
    for (let i = 0; i < rows.length; i += ROWS_PER_CALL_MAX) {
      added += await write((token) => store.recordCandles(token, rows.slice(i, i + ROWS_PER_CALL_MAX)));
    }
  } finally {
    await lease.release();
  }
  return added;
}

async function main(): Promise<number> {
  const write = (text: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
  const parsed = parseReplayArguments(Deno.args);
  if (!parsed.ok) {
    write(parsed.message);
    return 1;
  }
  const url = Deno.env.get("SUPABASE_URL");
  const secretKey = Deno.env.get("SUPABASE_SECRET_KEY");
  if (parsed.store && (!url || !secretKey)) {
    write("Cannot store the replay: set SUPABASE_URL and SUPABASE_SECRET_KEY");
    return 1;
  }
  const nowMs = performance.now.bind(performance);
  // What the feed itself has to say is the recorded feed's story over again.
  const logger = createLogger({ service: "replay", write: () => {}, nowMs: () => Date.now() });
  let result: ReplayResult;
  try {
    const onProgress = (done: number) => write(`${Math.round(done * 100)} % of the records are replayed`);
    result = await replayRecording({ ...parsed, logger, nowMs, onProgress });
  } catch (error) {
    if (!(error instanceof RecordingError) && !(error instanceof Deno.errors.NotFound)) throw error;
    write(error instanceof RecordingError ? error.message : `Cannot read "${parsed.path}": there is no such file`);
    return 1;
  }
  for (const line of describe(result)) write(line);
  if (parsed.out !== null) {
    await Deno.mkdir(parsed.out, { recursive: true });
    const path = `${parsed.out}/${result.exchange}-${result.recording}.candles.ndjson`;
    await Deno.writeTextFile(path, result.text);
    write(`Candles are in ${path}`);
  }
  if (parsed.store && url && secretKey) {
    const holder = uuidv7(Date.now(), crypto.getRandomValues(new Uint8Array(10)));
    const added = await storeReplay(result, new Rpc(createWorkerClient(url, secretKey)), holder);
    write(`${added} candles are new in the database, under the exchange "${REPLAY_EXCHANGE}"`);
  }
  return result.live.differing > 0 ? 1 : 0;
}

if (import.meta.main) Deno.exit(await main());
