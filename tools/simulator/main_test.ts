import assert from "node:assert/strict";
import { getJson, sealedTest } from "./testing.ts";

const MAIN = new URL("./main.ts", import.meta.url).pathname;
const WAIT_MS = 20_000;

function command(env: Record<string, string>): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-net=127.0.0.1", "--allow-env", "--allow-read", "--allow-write", MAIN],
    env: { OUTCRY_MODE: "local", SIM_PORT: "0", ...env },
    stdout: "piped",
    stderr: "piped",
  });
}

sealedTest("main.ts refuses a wrong environment with one clear line and exit 1", async () => {
  const folder = await Deno.makeTempDir({ prefix: "outcry-sim-" });
  const file = `${folder}/file`;
  await Deno.writeTextFile(file, "");
  const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const cases: [Record<string, string>, RegExp][] = [
    [{ OUTCRY_MODE: "production" }, /OUTCRY_MODE=local/],
    [{ OUTCRY_MODE: "" }, /OUTCRY_MODE=local/],
    [{ SIM_SPEED: "0" }, /SIM_SPEED must be a number from 0.1 to 3600/],
    [{ SIM_SPEED: "fast" }, /SIM_SPEED/],
    [{ SIM_SEED: "1.5" }, /SIM_SEED must be an integer/],
    [{ SIM_PORT: "70000" }, /SIM_PORT/],
    [{ SIM_PORT: String(taken.addr.port) }, /port \d+ is taken/],
    [{ OUTCRY_DATA: file }, /file/],
  ];
  for (const [env, line] of cases) {
    const { code, stderr } = await command({ OUTCRY_DATA: folder, ...env }).output();
    const text = new TextDecoder().decode(stderr);
    assert.deepEqual([code, text.trimEnd().split("\n").length], [1, 1], text);
    assert.match(text, line);
  }
  taken.close();
  assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["file"], "nothing was written");
  await Deno.remove(folder, { recursive: true });
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  sealedTest(`main.ts serves, and ends within a second of ${signal} with a socket open`, async () => {
    const folder = await Deno.makeTempDir({ prefix: "outcry-sim-" });
    const child = command({ OUTCRY_DATA: `${folder}/new`, SIM_SPEED: "60" }).spawn();
    const errors = child.stderr.text();
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const timer = setTimeout(() => child.kill("SIGKILL"), WAIT_MS);
    let text = "";
    while (!text.includes("\n")) {
      const { value, done } = await reader.read();
      if (done) break;
      text += value;
    }
    const { url, message } = JSON.parse(text.split("\n")[0] ?? "");
    assert.equal(message, "The simulator is open");
    assert.deepEqual((await getJson(`${url}/healthz`)).body, { status: "ok" });
    const socket = new WebSocket(`${url.replace("http", "ws")}/ws/btcusdt@trade`);
    await new Promise((resolve) => socket.onopen = resolve);
    const closed = new Promise<void>((resolve) => socket.onclose = () => resolve());
    const started = performance.now();
    child.kill(signal);
    const { code } = await child.status;
    const took_ms = performance.now() - started;
    await closed;
    clearTimeout(timer);
    while (!(await reader.read()).done);
    assert.equal(code, 0, await errors);
    assert(took_ms < 1000, `it took ${took_ms} ms`);
    await Deno.remove(folder, { recursive: true });
  });
}
