import assert from "node:assert/strict";
import { startSimulator } from "../../../tools/simulator/server.ts";
import { createLogger } from "../../kernel/log.ts";
import { CcxtVenue, isStreamable } from "./ccxt_venue.ts";
import { SharedBinance } from "./shared_binance.ts";
import { until } from "./testing.ts";
import type { VenueTick } from "./venue.ts";

Deno.test("CcxtVenue streams and reads any exchange of ccxt's; a minute closes when the next one starts", {
  sanitizeOps: true,
  sanitizeResources: true,
}, async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "outcry-ccxt-" });
  const logger = createLogger({ service: "test", write: () => {}, nowMs: Date.now });
  const simulator = await startSimulator({ port: 0, speed: 60, seed: 1, dataDir, logger, nowMs: Date.now });
  const options = { exchange: "other", logger, nowMs: () => performance.now(), random: Math.random };
  const venue = new CcxtVenue(options, new SharedBinance(Number(new URL(simulator.url).port)));
  try {
    const markets = await venue.markets();
    const bitcoin = markets.find(({ symbol }) => symbol === "BTC-USDT");
    assert.deepEqual([bitcoin?.tick_size, bitcoin?.lot_size, bitcoin?.min_notional], ["0.01", "0.00001", "5"]);
    assert.ok((await venue.quoteVolumes()).get("BTC-USDT") as number > 0);
    assert.equal((await venue.history({ symbol: "ETH-USDT", timeframe: "1h", limit: 500 })).length, 500);

    const ticks: VenueTick[] = [];
    const states: string[] = [];
    venue.start({
      onTick: (tick) => ticks.push(tick),
      onSubscribed: (symbols) => states.push(...symbols),
      onState: (state) => states.push(state),
    });
    venue.setStreams(["BTC-USDT", "ETH-USDT"]);
    const closes = () => ticks.filter((tick) => tick.closed && tick.symbol === "ETH-USDT");
    await until(() => closes().length >= 3, "three closes");
    assert.deepEqual(states.toSorted(), ["BTC-USDT", "ETH-USDT", "live"]);
    assert.deepEqual(venue.counts(), { sockets: 1, streams: 2 });
    const [first, second] = closes() as [VenueTick, VenueTick];
    assert.equal(second.candle.t - first.candle.t, 60_000);
    await fetch(`${simulator.url}/sim/faults`, { method: "POST", body: '{"kind":"disconnect"}' }).then((r) => r.text());
    await until(() => states.includes("reconnecting") && states.at(-1) === "live", "the reconnect");
  } finally {
    await venue.close();
    await simulator.stop();
    await Deno.remove(dataDir, { recursive: true });
  }
});

Deno.test("isStreamable() knows which exchanges ccxt streams on every width", () => {
  assert.equal(isStreamable("kraken"), true);
  assert.equal(isStreamable("coinbase"), false);
  assert.equal(isStreamable("nonesuch"), false);
  assert.equal(isStreamable("constructor"), false);
});
