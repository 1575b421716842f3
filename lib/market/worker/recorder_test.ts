import assert from "node:assert/strict";
import { createLogger } from "../../kernel/log.ts";
import { RECORDING_VERSION, type RecordingRecord } from "../recording.ts";
import { knownVenue } from "../venue_capabilities.ts";
import { Recorder, type RecorderOptions } from "./recorder.ts";
import { packBlock, RecordingError } from "./recording_block.ts";
import { parsePartName } from "./recording_parts.ts";
import { openRecording, readRecording, type RecordingEnds } from "./recording_reader.ts";

const STARTED_MS = Date.UTC(2026, 10, 20, 15);

interface Folder extends AsyncDisposable {
  path: string;
  clock: { ms: number };
  /** Never flushes by itself unless told: the tests say when. */
  open(limits?: RecorderOptions["limits"], folder?: string): Recorder;
  parts(): string[];
  /** Size of all parts. */
  bytes(): number;
}

async function openFolder(): Promise<Folder> {
  const path = await Deno.makeTempDir({ prefix: "outcry-recorder-" });
  const clock = { ms: 0 };
  const capabilities = knownVenue("sim");
  assert.ok(capabilities);
  return {
    path,
    clock,
    open(limits, folder = path) {
      return new Recorder({
        folder,
        identity: {
          exchange: "sim",
          recording: "00c0ffee",
          capabilities: { ...capabilities, timeframes: [...capabilities.timeframes] },
        },
        checkpoint: (at, part) => [["streams", at, { candles: [`PART-${part}`], trades: [], books: [] }]],
        symbols: () => ["BTC-USDT"],
        logger: createLogger({ service: "test", write: () => {}, nowMs: Date.now }),
        nowMs: () => clock.ms,
        wallMs: () => STARTED_MS + clock.ms,
        limits: { flush_ms: 3_600_000, ...limits },
      });
    },
    parts: () => partsIn(path),
    bytes: () => partsIn(path).reduce((sum, name) => sum + Deno.statSync(`${path}/${name}`).size, 0),
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}

function partsIn(path: string): string[] {
  return [...Deno.readDirSync(path)].map(({ name }) => name).filter((name) => parsePartName(name)).sort();
}

async function readAll(path: string): Promise<{ records: RecordingRecord[]; ends: RecordingEnds }> {
  const records: RecordingRecord[] = [];
  const reading = readRecording(await openRecording(path));
  let next = await reading.next();
  for (; next.done !== true; next = await reading.next()) records.push(next.value);
  return { records, ends: next.value };
}

function frames(records: readonly RecordingRecord[]): string[] {
  return records.flatMap((record) => record[0] === "frame" ? [record[3]] : []);
}

/** A text that does not pack well. */
function noise(length: number): string {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return [...bytes].map((byte) => String.fromCharCode(33 + byte % 90)).join("");
}

const sealed = { sanitizeOps: true, sanitizeResources: true };

Deno.test("Recorder keeps frames to the letter, with their times, in a file that gunzip reads", sealed, async () => {
  await using folder = await openFolder();
  const recorder = folder.open();
  const texts = ['{"e":"kline"}', "garbage \u0000 \ud83d\ude00 \u2028\n", "", "half a fr"];
  texts.forEach((text, i) => {
    folder.clock.ms = 10.25 * i;
    recorder.push(["frame", recorder.at_ms, 0, text]);
  });
  await recorder.close();
  const [name = ""] = folder.parts();
  const { records, ends } = await readAll(`${folder.path}/${name}`);
  assert.deepEqual(frames(records), texts);
  assert.deepEqual(records.flatMap((record) => record[0] === "frame" ? [record[1]] : []), [0, 10.25, 20.5, 30.75]);
  assert.deepEqual(ends, { cuts: [], ended: true });
  const zcat = await new Deno.Command("gunzip", { args: ["-c", `${folder.path}/${name}`] }).output();
  const [header = ""] = new TextDecoder().decode(zcat.stdout).split("\n");
  assert.equal(JSON.parse(header).started_ms, STARTED_MS);
  assert.equal((Deno.statSync(`${folder.path}/${name}`).mode ?? 0) & 0o777, 0o600);
});

Deno.test("Recorder begins another part by size and by age, and each part says what is known", sealed, async () => {
  await using folder = await openFolder();
  // One frame fills a part, and one more may come before that is seen.
  const recorder = folder.open({ partBytes_max: 30_000, part_ms_max: 1_000, flush_ms: 1 });
  const texts: string[] = [];
  for (let i = 0; i < 8; i++) {
    texts.push(noise(40_000));
    recorder.push(["frame", recorder.at_ms, 0, texts.at(-1) as string]);
    await until(() => folder.bytes() > (i + 1) * 30_000);
    if (i === 5) folder.clock.ms = 5_000;
  }
  await recorder.close();
  const parts = folder.parts();
  assert.ok(parts.length >= 4, `${parts.length} parts`);
  const whole = await readAll(`${folder.path}/${parts[0]}`);
  assert.deepEqual(frames(whole.records), texts);
  assert.deepEqual(whole.records.filter(([kind]) => kind === "streams").length, 1, "what is known is told once");
  const rest = await readAll(`${folder.path}/${parts[1]}`);
  assert.deepEqual(rest.records.find(([kind]) => kind === "streams")?.[2], {
    candles: ["PART-2"],
    trades: [],
    books: [],
  });
  assert.ok(frames(rest.records).length < texts.length && frames(rest.records).at(-1) === texts.at(-1));
});

Deno.test("Recorder stays within its share of the disk: the oldest parts go, other files stay", sealed, async () => {
  await using folder = await openFolder();
  const limits = { partBytes_max: 50_000, bytes_max: 200_000, flush_ms: 1 };
  const others = ["notes.txt", "kraken-20250101T000000Z-00c0ffee.00001.ndjson.gz", "sim-2.ndjson.gz"];
  for (const name of others) await Deno.writeTextFile(`${folder.path}/${name}`, noise(90_000));
  const recorder = folder.open(limits);
  for (let i = 0; i < 15; i++) {
    recorder.push(["frame", recorder.at_ms, 0, noise(60_000)]);
    await until(() => recorder.parts > i);
  }
  await recorder.close();
  const own = folder.parts().filter((name) => name.startsWith("sim-"));
  const bytes = own.reduce((sum, name) => sum + Deno.statSync(`${folder.path}/${name}`).size, 0);
  // A part may exceed its size by the block that filled it.
  assert.ok(bytes <= limits.bytes_max + 65_000, `${bytes} bytes`);
  assert.ok(recorder.parts >= 12 && own.length <= 5 && !own.some((name) => name.includes(".00001.")), own.join());
  for (const name of others) assert.equal(Deno.statSync(`${folder.path}/${name}`).size, 90_000, name);
});

Deno.test(
  "Recorder drops frames before anything else when the disk lags, and the file says how many",
  sealed,
  async () => {
    await using folder = await openFolder();
    const recorder = folder.open({ queueLength_max: 10_000 });
    for (let i = 0; i < 50; i++) recorder.push(["frame", i, 0, "x".repeat(960)]);
    recorder.push(["state", 50, "live", null]);
    assert.equal(recorder.dropped, 40);
    await recorder.close();
    const { records } = await readAll(`${folder.path}/${folder.parts()[0]}`);
    assert.equal(frames(records).length, 10);
    const kinds = records.map(([kind]) => kind);
    assert.deepEqual(records[kinds.indexOf("gap")], ["gap", 0, 40]);
    assert.ok(kinds.indexOf("gap") > kinds.lastIndexOf("frame") && kinds.indexOf("state") > kinds.indexOf("gap"));
  },
);

Deno.test("Recorder goes on without a folder it can write, and records again once it can", sealed, async () => {
  await using folder = await openFolder();
  const blocked = `${folder.path}/taken`;
  await Deno.writeTextFile(blocked, "a file where the folder should be");
  const recorder = folder.open({ flush_ms: 1, retry_ms: 10 }, `${blocked}/inside`);
  let pushed = 0;
  const push = () => recorder.push(["frame", ++pushed, 0, `frame ${pushed}`]);
  push();
  await until(() => recorder.dropped > 0);
  push();
  await Deno.remove(blocked);
  await until(() => {
    folder.clock.ms += 11;
    push();
    return [...readable(`${blocked}/inside`)].length > 0;
  });
  await until(() => {
    push();
    return Deno.statSync(`${blocked}/inside/${[...readable(`${blocked}/inside`)][0]}`).size > 0;
  });
  await recorder.close();
  const [name = ""] = [...readable(`${blocked}/inside`)];
  const { records } = await readAll(`${blocked}/inside/${name}`);
  const lost = records.reduce((sum, record) => record[0] === "gap" ? sum + record[2] : sum, 0);
  assert.equal(lost + frames(records).length, pushed);
  assert.equal(lost, recorder.dropped);
});

Deno.test("readRecording() reads a file that was cut anywhere up to the cut, and says so", sealed, async () => {
  await using folder = await openFolder();
  const path = `${folder.path}/cut.gz`;
  const blocks = await someBlocks();
  const bytes = new Uint8Array(await new Blob(blocks).arrayBuffer());
  const ends: number[] = [];
  for (const block of blocks) ends.push((ends.at(-1) ?? 0) + block.length);
  const headerEnd = ends[0] ?? 0;
  for (let cut = 0; cut < headerEnd; cut += 7) {
    await Deno.writeFile(path, bytes.subarray(0, cut));
    await assert.rejects(readAll(path), { name: "RecordingError", message: /ends before its header/ });
  }
  for (let cut = headerEnd; cut < bytes.length; cut++) {
    await Deno.writeFile(path, bytes.subarray(0, cut));
    const { records, ends: { cuts, ended } } = await readAll(path);
    const whole = ends.filter((end) => end <= cut).length - 1;
    assert.deepEqual(frames(records), ["one", "two", "three"].slice(0, whole), `cut at ${cut}`);
    assert.deepEqual(cuts, ends.includes(cut) ? [] : [{ path, bytes: ends[whole] }]);
    assert.equal(ended, false);
  }
});

Deno.test("readRecording() refuses damage in the middle with its place, never silently", sealed, async () => {
  await using folder = await openFolder();
  const path = `${folder.path}/damaged.gz`;
  const blocks = await someBlocks();
  const bytes = new Uint8Array(await new Blob(blocks).arrayBuffer());
  const second = blocks[0]?.length ?? 0;
  const third = second + (blocks[1]?.length ?? 0);
  let refused = 0;
  for (let at = second; at < third; at++) {
    const damaged = bytes.slice();
    damaged[at] = (damaged[at] ?? 0) ^ 0x10;
    await Deno.writeFile(path, damaged);
    try {
      // Some bits of a gzip header mean nothing: then nothing may be missing.
      assert.deepEqual(frames((await readAll(path)).records), ["one", "two", "three"], `byte ${at}`);
    } catch (error) {
      if (!(error instanceof RecordingError)) throw error;
      assert.match(error.message, new RegExp(`damaged at byte ${second}`), `byte ${at}`);
      refused++;
    }
  }
  assert.ok(refused > (third - second) * 0.7, `${refused} of ${third - second}`);
  for (const line of ["nonsense", '["frame",1,0]', '["frame","1",0,"x"]', '["unheard of",1]', '{"a":1}']) {
    await Deno.writeFile(path, new Uint8Array(await new Blob([...blocks, await packBlock(`${line}\n`)]).arrayBuffer()));
    await assert.rejects(readAll(path), {
      message: new RegExp(`damaged at byte ${bytes.length}, line 1 of the block`),
    });
  }
});

Deno.test("openRecording() refuses foreign files and other versions in words", sealed, async () => {
  await using folder = await openFolder();
  const path = `${folder.path}/foreign`;
  const header = await someHeader();
  const gzip = new Blob(["{}\n"]).stream().pipeThrough(new CompressionStream("gzip"));
  const cases: [Uint8Array<ArrayBuffer>, RegExp][] = [
    [new TextEncoder().encode("t,o,h,l,c,v\n1,2,3,4,5,6\nand some more text"), /it is no recording/],
    [new Uint8Array(await new Response(gzip).arrayBuffer()), /it is no recording/],
    [await packBlock('{"format":"something else","version":1}\n'), /no recording of ours/],
    [await packBlock("[1,2]\n"), /no recording of ours/],
    [
      await packBlock(`${JSON.stringify({ ...header, version: RECORDING_VERSION + 1 })}\n`),
      /its version is 2.*version 1/,
    ],
    [await packBlock(`${JSON.stringify({ ...header, exchange: "../x" })}\n`), /its header has a wrong "exchange"/],
  ];
  for (const [bytes, message] of cases) {
    await Deno.writeFile(path, bytes);
    await assert.rejects(openRecording(path), { name: "RecordingError", message });
  }
});

async function someHeader(): Promise<Record<string, unknown>> {
  await using folder = await openFolder();
  await folder.open().close();
  const zcat = await new Deno.Command("gunzip", { args: ["-c", `${folder.path}/${folder.parts()[0]}`] }).output();
  return JSON.parse(new TextDecoder().decode(zcat.stdout).split("\n")[0] ?? "");
}

/** A header and three blocks of one frame each. */
async function someBlocks(): Promise<Uint8Array<ArrayBuffer>[]> {
  const lines = [await someHeader(), ...["one", "two", "three"].map((text, i) => ["frame", i, 0, text])];
  return await Promise.all(lines.map((line) => packBlock(`${JSON.stringify(line)}\n`)));
}

function* readable(folder: string): Generator<string> {
  try {
    for (const { name } of Deno.readDirSync(folder)) yield name;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound) && !(error instanceof Deno.errors.NotADirectory)) throw error;
  }
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    assert.ok(performance.now() < deadline, "Gave up waiting");
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
