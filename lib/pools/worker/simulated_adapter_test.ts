import assert from "node:assert/strict";
import type { AdapterResult, PoolAssignment, PoolPnl } from "../adapter.ts";
import { PriceReader } from "./price_reader.ts";
import { SimulatedAdapter } from "./simulated_adapter.ts";

const START = Date.parse("2026-11-20T12:00:00Z");

/** A stored market, and the time; both move when a test says so. */
class World {
  now_ms = START;
  price = "100";
  /** When the feed last reported, and how long the market had been silent then. */
  reported_ms = START;
  silent_ms = 0;
  state = "live";
  calls = 0;
  readonly prices: PriceReader;

  constructor() {
    const at = (ms: number) => new Date(ms).toISOString();
    const call = () => {
      this.calls++;
      return Promise.resolve({
        ok: true as const,
        data: {
          ticker: { last: this.price, at: at(this.reported_ms - this.silent_ms) },
          feed: { state: this.state, last_event_at: at(this.reported_ms), updated_at: at(this.reported_ms) },
        },
      });
    };
    this.prices = new PriceReader({ call }, () => this.now_ms);
  }

  /** Time goes by, and the feed reports. */
  pass(ms: number, price = this.price): void {
    this.now_ms += ms;
    this.reported_ms = this.now_ms;
    this.price = price;
  }

  adapter(state: unknown = {}): SimulatedAdapter {
    return new SimulatedAdapter({
      settings: { adapter: "simulated", symbol: "BTC-USDT", exchange: "sim", leverage: "0.5" },
      prices: this.prices,
      state,
      metricsEvery_ms: 1_000,
      wallMs: () => this.now_ms,
      signal: AbortSignal.abort(),
    });
  }
}

function cycle(cycle_no: number, capital = "1000"): PoolAssignment {
  return {
    ...{ pool_id: "01900000-0000-7000-8000-000000000001", cycle_no, capital, currency: "EUR", scale: 2 },
    openedAt_ms: START,
    trading: true,
  };
}

function equity(pnl: AdapterResult<PoolPnl>): string {
  return pnl.ok ? pnl.value.equity : pnl.code;
}

Deno.test("what an adapter has kept makes the next process say the same", async () => {
  const world = new World();
  const first = world.adapter();
  await first.connect(cycle(1));
  world.pass(5_000, "110");
  assert.equal(equity(await first.getPoolPnL()), "1050");
  const next = world.adapter(JSON.parse(JSON.stringify(first.state())));
  assert.equal(equity(await next.getPoolPnL()), "not_connected");
  await next.connect(cycle(1));
  assert.equal(equity(await next.getPoolPnL()), "1050");
  // What nobody can read counts as nothing.
  for (const state of [null, [], { cycle_no: "1" }, { cycle_no: 1, entry_price: "NaN" }]) {
    const fresh = world.adapter(state);
    await fresh.connect(cycle(1));
    assert.equal(equity(await fresh.getPoolPnL()), "1000");
  }
});

Deno.test("a cycle is settled with one price of after its end, with which the next one begins", async () => {
  const world = new World();
  const adapter = world.adapter();
  await adapter.connect(cycle(1));
  world.pass(5_000, "110");
  const end = world.now_ms;
  // The feed has not reported since.
  assert.equal(equity(await adapter.getPoolPnL(end + 1)), "adapter_stopped");
  world.pass(2_000, "120");
  assert.equal(equity(await adapter.getPoolPnL(end + 1)), "1100");
  world.pass(2_000, "500");
  assert.equal(equity(await adapter.getPoolPnL(end + 1)), "1100");
  const next = world.adapter(adapter.state());
  await next.connect(cycle(1));
  assert.equal(equity(await next.getPoolPnL(end + 1)), "1100");
  await next.connect(cycle(2, "1085"));
  assert.equal(next.state().entry_price, "120");
  // A cycle later nothing of it is left.
  world.pass(2_000, "600");
  await next.connect(cycle(4, "1085"));
  assert.equal(next.state().entry_price, "600");
});

Deno.test("a settlement that was put off for long is done at a new price", async () => {
  const world = new World();
  const adapter = world.adapter();
  await adapter.connect(cycle(1));
  const end = world.now_ms;
  world.pass(2_000, "120");
  assert.equal(equity(await adapter.getPoolPnL(end + 1)), "1100");
  world.pass(601_000, "110");
  assert.equal(equity(await adapter.getPoolPnL(end + 1)), "1050");
});

Deno.test("a price is as old as its market's silence, and too old a one values nothing", async () => {
  const world = new World();
  world.silent_ms = 59_000;
  const adapter = world.adapter();
  assert.equal((await adapter.connect(cycle(1))).ok, true);
  world.pass(2_000);
  world.silent_ms = 61_000;
  assert.equal(equity(await adapter.getPoolPnL()), "price_stale");
  world.silent_ms = 0;
  world.pass(2_000);
  world.state = "reconnecting";
  assert.equal(equity(await adapter.getPoolPnL()), "price_stale");
  assert.deepEqual(await world.adapter().connect(cycle(1)), { ok: false, code: "price_stale" });
});

Deno.test("a pool without money needs no price, and an emergency stop keeps what there is", async () => {
  const world = new World();
  world.state = "stopped";
  const empty = world.adapter();
  assert.equal((await empty.connect(cycle(1, "0"))).ok, true);
  assert.equal(equity(await empty.getPoolPnL(world.now_ms)), "0");
  assert.equal(world.calls, 0);
  world.state = "live";
  const adapter = world.adapter();
  await adapter.connect(cycle(2));
  world.pass(2_000, "110");
  assert.equal((await adapter.emergencyStop("The test says so")).ok, true);
  world.pass(2_000, "10");
  assert.equal(equity(await adapter.getPoolPnL()), "1050");
});

Deno.test("many pools of one market ask for its price once a second", async () => {
  const world = new World();
  const adapters = Array.from({ length: 50 }, () => world.adapter());
  await Promise.all(adapters.map((adapter) => adapter.connect(cycle(1))));
  await Promise.all(adapters.map((adapter) => adapter.getPoolPnL()));
  assert.equal(world.calls, 1);
  world.pass(1_000);
  await Promise.all(adapters.map((adapter) => adapter.getPoolPnL()));
  assert.equal(world.calls, 2);
});
