import assert from "node:assert/strict";
import type { RecordingRecord } from "../recording.ts";
import { FROM, MINUTE, minuteAt } from "../testing.ts";
import { knownVenue } from "../venue_capabilities.ts";
import { CandleTable } from "./candle_table.ts";
import { questionKey, type RecordedAnswer, type ReplayIndex } from "./replay_index.ts";
import { ReplayVenue } from "./replay_venue.ts";
import { type HistoryRequest, VenueError } from "./venue.ts";
import { VirtualTime } from "./virtual_time.ts";

const QUESTION: HistoryRequest = { symbol: "BTC-USDT", timeframe: "1m", fromMs: FROM, limit: 5 };

function frame(minute: number, offset_ms: number, closed = false): string {
  const { t, o, h, l, c, v } = minuteAt(minute);
  const k = { t, T: t + MINUTE - 1, s: "BTCUSDT", i: "1m", o, h, l, c, v, x: closed };
  return JSON.stringify({ stream: "btcusdt@kline_1m", data: { e: "kline", E: t + offset_ms, s: "BTCUSDT", k } });
}

interface Played {
  venue: ReplayVenue;
  clock: { ms: number };
  told: string[];
  play(...records: RecordingRecord[]): void;
}

function open(
  asked: [HistoryRequest, Partial<RecordedAnswer>][] = [],
  changes: Partial<ReplayIndex> = {},
  capabilities = knownVenue("sim"),
): Played {
  assert.ok(capabilities);
  const answers = new Map<string, RecordedAnswer[]>();
  for (const [request, answer] of asked) {
    const key = questionKey(request);
    const others = answers.get(key) ?? [];
    answers.set(key, [...others, { asked_ms: 0, askedBy: 1, answeredBy: null, rows: [], refusal: null, ...answer }]);
  }
  const index: ReplayIndex = {
    header: {
      format: "outcry-recording",
      version: 1,
      exchange: "sim",
      recording: "00c0ffee",
      part: 1,
      started_ms: FROM,
      at_ms: 0,
      symbols: [],
      capabilities: { ...capabilities, timeframes: [...capabilities.timeframes] },
    },
    ends: { cuts: [], ended: true },
    records: 0,
    frames: 0,
    lost: 0,
    firstMs: 0,
    lastMs: 0,
    markets: [],
    volumes: new Map(),
    streams: [],
    stored: new Map(),
    answers,
    history: new Map(),
    candles: new CandleTable(),
    ...changes,
  };
  const clock = { ms: 0 };
  const venue = new ReplayVenue({ index, nowMs: () => clock.ms });
  const told: string[] = [];
  venue.start({
    onTick: ({ candle, closed, et }) => told.push(`${(candle.t - FROM) / MINUTE}${closed ? "!" : ""}@${et % MINUTE}`),
    onTrade: () => told.push("trade"),
    onBook: () => told.push("book"),
    onBadFrame: ({ reason }) => told.push(reason),
    onSubscribed: (symbols) => symbols.length > 0 && told.push(`subscribed ${symbols}`),
    onState: (state) => told.push(state),
    onReplaced: (reason) => told.push(`replaced ${reason}`),
  });
  let position = 0;
  const play = (...records: RecordingRecord[]) => {
    for (const record of records) venue.play(record, position++);
  };
  play(["names", 0, { BTCUSDT: "BTC-USDT" }]);
  return { venue, clock, told, play };
}

Deno.test("ReplayVenue lays a new socket's frames on the old one's when it was switched, and not before", () => {
  const { told, play } = open();
  play(["frame", 1, 0, frame(0, 100)], ["held", 2, 0, frame(0, 100)], ["frame", 3, 0, frame(0, 200)]);
  play(["held", 4, 0, frame(0, 200)], ["held", 5, 0, frame(0, 300)]);
  assert.deepEqual(told, ["0@100", "0@200"]);
  play(["switched", 6, 0, "planned"], ["replaced", 6, "planned"], ["frame", 7, 0, frame(0, 400)]);
  // What came a second time is no fault while one socket replaces another.
  assert.deepEqual(told.filter((line) => !/^0@/.test(line)), ["replaced planned"]);
  assert.deepEqual(told.slice(-3), ["0@300", "replaced planned", "0@400"]);
});

Deno.test("ReplayVenue forgets held frames when the replacement was given up or the socket lost", () => {
  const { told, play } = open();
  play(["held", 1, 0, frame(0, 100)], ["released", 2, 0], ["switched", 3, 0, "planned"]);
  play(["held", 4, 0, frame(0, 100)], ["lost", 5, 0, "gone"], ["switched", 6, 0, "planned"]);
  assert.deepEqual(told, []);
});

Deno.test("ReplayVenue judges frames anew: duplicates, disorder and bytes are bad, after a loss nothing is old", () => {
  const { told, play } = open();
  play(["frame", 1, 0, frame(1, MINUTE, true)], ["frame", 2, 0, frame(1, MINUTE, true)]);
  play(["frame", 3, 0, frame(0, 5)], ["bytes", 4, 0, 7, false], ["frame", 5, 0, "half a fr"]);
  assert.deepEqual(told, ["1!@0", "duplicate", "out_of_order", "not_text", "not_json"]);
  play(["lost", 6, 0, "gone"], ["state", 6, "reconnecting", "gone"], ["frame", 7, 0, frame(0, 5)]);
  assert.deepEqual(told.slice(-2), ["reconnecting", "0@5"]);
});

Deno.test("ReplayVenue tells what ccxt had made of frames, where ccxt reads them", () => {
  const kraken = knownVenue("simkraken");
  assert.ok(kraken);
  const capabilities = { ...kraken, timeframes: [...kraken.timeframes] };
  const { told, play } = open([], {}, capabilities);
  play(["frame", 1, 0, frame(0, 100)]);
  play(["tick", 1, { symbol: "BTC-USDT", candle: minuteAt(0), closed: true, et: FROM + MINUTE }]);
  play(["bad", 2, { reason: "missing_field", raw: "{}", bytes: 2 }]);
  assert.deepEqual(told, ["0!@0", "missing_field"]);
});

Deno.test("ReplayVenue tells of a subscription once the feed streams the symbol", () => {
  const { venue, told, play } = open();
  play(["subscribed", 1, ["BTC-USDT"]]);
  assert.deepEqual(told, []);
  venue.setStreams({ candles: ["BTC-USDT"], trades: [], books: [] });
  venue.setStreams({ candles: ["BTC-USDT"], trades: [], books: [] });
  assert.deepEqual(told, ["subscribed BTC-USDT"]);
});

Deno.test("ReplayVenue answers when the exchange did, with what it did, however many are asked for", async () => {
  const { venue, play } = open([[QUESTION, { answeredBy: 2, rows: [minuteAt(0), minuteAt(1)] }]]);
  let answered = false;
  const answer = venue.history({ ...QUESTION, limit: 7 }).finally(() => answered = true);
  play(["ask", 1, 1, QUESTION]);
  await Promise.resolve();
  assert.equal(answered, false);
  play(["answer", 2, 1, [minuteAt(0), minuteAt(1)]]);
  assert.deepEqual(await answer, [minuteAt(0), minuteAt(1)]);
});

Deno.test("ReplayVenue keeps back a candle that was forming when the live feed asked, once time has gone on", async () => {
  const rows = [minuteAt(0), minuteAt(1)];
  const asked: [HistoryRequest, Partial<RecordedAnswer>] = [QUESTION, { askedBy: 2, answeredBy: 3, rows }];
  const { venue, play } = open([asked, [QUESTION, { ...asked[1] }], [QUESTION, { askedBy: 5, answeredBy: 6, rows }]]);
  const atOnce = venue.history(QUESTION);
  play(["frame", 1, 0, frame(1, 100)], ["ask", 2, 1, QUESTION], ["answer", 3, 1, rows]);
  assert.deepEqual(await atOnce, rows);
  assert.deepEqual(await venue.history(QUESTION), [minuteAt(0)]);
  play(["frame", 4, 0, frame(2, 5_000)], ["ask", 5, 2, QUESTION], ["answer", 6, 2, rows]);
  assert.deepEqual(await venue.history(QUESTION), rows, "by then it had closed");
});

Deno.test("ReplayVenue refuses what was refused, what it does not know, and all once it has ended", async () => {
  const { venue, play } = open([[QUESTION, { answeredBy: 1, refusal: "too many requests" }]]);
  play(["refusal", 1, 1, "too many requests"]);
  await assert.rejects(venue.history(QUESTION), { name: "VenueError", message: "too many requests" });
  await assert.rejects(
    venue.history(QUESTION),
    { message: "too many requests" },
    "the exchange had not changed its mind",
  );
  play(["frame", 2, 0, frame(0, 100)]);
  await assert.rejects(venue.history({ ...QUESTION, fromMs: FROM + MINUTE }), VenueError);
  const { venue: mute } = open();
  const waiting = mute.history(QUESTION);
  mute.end();
  await assert.rejects(waiting, /the recording has ended/);
  venue.end();
  await assert.rejects(venue.history(QUESTION), /the recording has ended/);
});

Deno.test("ReplayVenue makes an answer of closed candles alone, and none of the future", async () => {
  const known = new Map([0, 1, 2, 3, 4].map((i) => [minuteAt(i).t, minuteAt(i)]));
  const { venue, play } = open([], { history: new Map([["BTC-USDT 1m", known]]) });
  const early = venue.history(QUESTION);
  play(["frame", 1, 0, frame(2, MINUTE, true)], ["frame", 2, 0, frame(3, 500)]);
  assert.deepEqual(await early, [0, 1, 2].map(minuteAt), "it waits for the exchange's time");
  assert.deepEqual(await venue.history(QUESTION), [0, 1, 2].map(minuteAt));
  assert.deepEqual(await venue.history({ symbol: "BTC-USDT", timeframe: "1m", limit: 1 }), [minuteAt(3)]);
  assert.deepEqual(venue.answers, { recorded: 0, made: 3 });
});

Deno.test("VirtualTime runs what is due in order, each to its end, and gives the timers back", {
  sanitizeOps: true,
  sanitizeResources: true,
}, async () => {
  const real = setTimeout;
  const seen: string[] = [];
  {
    await using time = new VirtualTime(0);
    assert.throws(() => new VirtualTime(0), /second virtual time/);
    const every = setInterval(() => seen.push(`every ${time.now_ms}`), 100);
    setTimeout(async () => {
      seen.push(`once ${time.now_ms}`);
      await Promise.resolve();
      await new Promise((resolve) => setTimeout(resolve, 20));
      seen.push(`after ${time.now_ms}`);
      clearInterval(every);
    }, 250);
    clearTimeout(setTimeout(() => seen.push("never"), 10));
    await time.advance(1_000);
    assert.equal(time.now_ms, 1_000);
  }
  assert.deepEqual(seen, ["every 100", "every 200", "once 250", "after 270"]);
  assert.equal(setTimeout, real);
});
