import assert from "node:assert/strict";
import { createClock, persistOrigin, resumeOrigin, simulatedTime } from "./clock.ts";
import { getJson, manualWall, sealedTest, withSimulator } from "./testing.ts";

const WALL = Date.UTC(2026, 10, 20, 10);

Deno.test("resumeOrigin() starts as real time, keeps its line at the same speed, and rebases at another", () => {
  const first = resumeOrigin(undefined, WALL, 60, 1);
  assert.deepEqual(first, { wall_ms: WALL, sim_ms: WALL, speed: 60, seed: 1 });
  assert.equal(simulatedTime(first, WALL + 1000), WALL + 60_000);
  assert.deepEqual(resumeOrigin(first, WALL + 5000, 60, 1), first);
  const slower = resumeOrigin(first, WALL + 5000, 1, 1);
  assert.deepEqual(slower, { wall_ms: WALL + 5000, sim_ms: WALL + 300_000, speed: 1, seed: 1 });
  assert.equal(simulatedTime(slower, WALL + 6000), WALL + 301_000);
});

Deno.test("simulated time never goes back, not even when the wall's clock does", () => {
  const wall = manualWall(WALL);
  const clock = createClock(resumeOrigin(undefined, WALL, 2, 1), wall.nowMs);
  wall.now_ms += 1000;
  assert.equal(clock.now(), WALL + 2000);
  wall.now_ms -= 5000;
  assert.equal(clock.now(), WALL + 2000);
  const resumed = resumeOrigin(clock.origin, WALL - 60_000, 2, 1);
  assert.equal(simulatedTime(resumed, WALL - 60_000), WALL);
});

sealedTest("a damaged clock file is refused with what to do about it", async () => {
  const folder = await Deno.makeTempDir({ prefix: "outcry-sim-" });
  const path = `${folder}/simulator.json`;
  await Deno.writeTextFile(path, `{"wall_ms":-1}`);
  await assert.rejects(persistOrigin(path, WALL, 1, 1), /damaged; delete it/);
  await Deno.writeTextFile(path, "{");
  await assert.rejects(persistOrigin(path, WALL, 1, 1), /damaged; delete it/);
  await Deno.remove(folder, { recursive: true });
});

sealedTest("a restart at another speed goes on from the same instant and tells the same history", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "outcry-sim-" });
  const wall = manualWall(WALL);
  const path = "/api/v3/klines?symbol=SOLUSDT&interval=5m&limit=300";
  let history: unknown[] = [];
  let stopped_ms = 0;
  await withSimulator({ dataDir, nowMs: wall.nowMs, speed: 60 }, async ({ url }) => {
    wall.now_ms += 7_000;
    stopped_ms = (await getJson(`${url}/api/v3/time`)).body.serverTime;
    history = (await getJson(url + path)).body;
  });
  assert.equal(stopped_ms, WALL + 7 * 60_000);
  for (const speed of [0.5, 3600]) {
    await withSimulator({ dataDir, nowMs: wall.nowMs, speed }, async ({ url }) => {
      assert.equal((await getJson(`${url}/api/v3/time`)).body.serverTime, stopped_ms);
      assert.deepEqual((await getJson(url + path)).body, history);
    });
  }
  const kept = JSON.parse(await Deno.readTextFile(`${dataDir}/simulator.json`));
  assert.deepEqual(kept, { wall_ms: wall.now_ms, sim_ms: stopped_ms, speed: 3600, seed: 1 });
  await Deno.remove(dataDir, { recursive: true });
});
