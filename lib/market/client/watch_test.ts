import assert from "node:assert/strict";
import { Watcher, type WatchPort } from "./watch.ts";

interface Call {
  path: string;
  body: object;
}

function createPort(): { port: WatchPort; calls: Call[]; beacons: Call[]; setVisible(visible: boolean): void } {
  const calls: Call[] = [];
  const beacons: Call[] = [];
  let visible = true;
  return {
    calls,
    beacons,
    setVisible: (next) => visible = next,
    port: {
      clientId: "0199e2f0-0000-7000-8000-000000000001",
      isVisible: () => visible,
      post: (path, body) => {
        calls.push({ path, body });
        return Promise.resolve();
      },
      beacon: (path, body) => {
        beacons.push({ path, body });
      },
    },
  };
}

Deno.test("renew() names every watched topic once", async () => {
  const { port, calls } = createPort();
  const watcher = new Watcher(port);
  watcher.add("market:sim:BTC-USDT:1m");
  watcher.add("market:sim:BTC-USDT:1m");
  watcher.add("market:sim:ETH-USDT:1m");
  await watcher.renew();
  watcher.leave();
  assert.deepEqual(calls, [{
    path: "/api/v1/watch",
    body: { topics: ["market:sim:BTC-USDT:1m", "market:sim:ETH-USDT:1m"], client_id: port.clientId },
  }]);
});

Deno.test("a topic added twice is watched until both let go, and letting go twice counts once", async () => {
  const { port, calls } = createPort();
  const watcher = new Watcher(port);
  const first = watcher.add("a");
  watcher.add("a");
  first();
  first();
  await watcher.renew();
  watcher.leave();
  assert.equal(calls.length, 1);
});

Deno.test("renew() says nothing while the page is hidden, and leaves when nothing is watched", async () => {
  const { port, calls, beacons, setVisible } = createPort();
  const watcher = new Watcher(port);
  const stop = watcher.add("a");
  setVisible(false);
  await watcher.renew();
  assert.equal(calls.length, 0);
  stop();
  await watcher.renew();
  assert.deepEqual(beacons, [{ path: "/api/v1/unwatch", body: { client_id: port.clientId } }]);
});

Deno.test("a refused watch is swallowed: the next renewal tries again", async () => {
  const { port } = createPort();
  const watcher = new Watcher({ ...port, post: () => Promise.reject(new Error("429")) });
  watcher.add("a");
  await watcher.renew();
  watcher.leave();
});
