import assert from "node:assert/strict";
import { HOSTED_MESSAGES_PER_S, parseSettings } from "./settings.ts";

const ENV = {
  SUPABASE_URL: "http://127.0.0.1:54321/",
  SUPABASE_SECRET_KEY: "sb_secret_x",
  EXCHANGES: "sim, binance,sim",
};

Deno.test("parseSettings() reads the environment; production is the default mode", () => {
  const result = parseSettings({ ...ENV, OUTCRY_MODE: "", PATH: "/bin" });
  assert.deepEqual(result, {
    ok: true,
    settings: {
      mode: "production",
      supabaseUrl: "http://127.0.0.1:54321",
      secretKey: "sb_secret_x",
      exchanges: ["sim", "binance"],
      workerPort: 9_100,
      simPort: 9_200,
      recordDir: null,
      realtimeMessages_per_s_max: HOSTED_MESSAGES_PER_S,
    },
  });
  const budget = (given: Record<string, string>) => {
    const parsed = parseSettings({ ...ENV, ...given });
    return parsed.ok ? parsed.settings.realtimeMessages_per_s_max : parsed.message;
  };
  assert.equal(budget({ OUTCRY_MODE: "local" }), null, "no plan limits a machine of one's own");
  assert.deepEqual(["0", "500"].map((text) => budget({ REALTIME_MESSAGES_PER_S: text })), [null, 500]);
});

Deno.test("parseSettings() refuses with one line that names what to set and shows no value", () => {
  const bad = [
    {},
    { ...ENV, SUPABASE_SECRET_KEY: "" },
    { ...ENV, OUTCRY_MODE: "debug" },
    { ...ENV, EXCHANGES: "Sim!" },
    { ...ENV, EXCHANGES: " , " },
    { ...ENV, WORKER_PORT: "70000" },
    { ...ENV, REALTIME_MESSAGES_PER_S: "-1" },
    { ...ENV, SUPABASE_URL: "sb_secret_misplaced" },
  ];
  for (const env of bad) {
    const result = parseSettings(env);
    assert.ok(!result.ok);
    assert.match(result.message, /^Cannot start the worker: set [^\n]+$/);
    assert.ok(!result.message.includes("sb_secret"));
  }
});
