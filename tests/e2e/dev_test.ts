import assert from "node:assert/strict";
import { join } from "node:path";
import { createClient } from "@supabase/supabase-js";
import { devEnvironment, getJson, makeDataDir, spawnDev, startDevStack } from "../dev_stack.ts";
import { until } from "../until.ts";

/** The contract: Ctrl-C or SIGTERM stops every child within this. */
const STOP_MAX_ms = 5_000;

Deno.test("dev tells where it runs, survives its children's deaths, stops at once, and keeps its data", async () => {
  const dataDir = await makeDataDir();
  try {
    const stack = await startDevStack({ dataDir, keepData: true });
    assert.match(stack.output().trimEnd(), new RegExp(`Outcry is ready: ${stack.webUrl}$`));
    for (const url of [stack.webUrl, stack.workerUrl]) assert.ok(await answers(url), `${url} is not healthy`);
    assert.equal(((await Deno.stat(join(dataDir, "dev.json"))).mode ?? 0) & 0o077, 0, "others can read the secret key");

    for (const script of ["tools/simulator/main.ts", "main.ts"]) {
      const pid = await pidOf(dataDir, script);
      Deno.kill(pid, "SIGKILL");
      await until(async () => await pidOf(dataDir, script) !== pid, `${script} is started again`);
    }
    assert.match(stack.output(), /The simulator was killed by SIGKILL: starting it again/);
    await until(() => answers(stack.webUrl), "the web answers again");

    const page = `${stack.webUrl}/api/v1/candles?exchange=sim&symbol=BTC-USDT&timeframe=1h&limit=1000`;
    const before = await getJson<{ items: { t: number }[] }>(page);
    assert.ok(before.items.length >= 500, `only ${before.items.length} candles`);
    const pids = await allPids(dataDir);
    const stopped = await stack.stop();
    assert.equal(stopped.code, 0);
    assert.ok(stopped.took_ms < STOP_MAX_ms, `stopping took ${stopped.took_ms} ms`);
    for (const pid of pids) assert.equal(isRunning(pid), false, `process ${pid} is left behind`);
    assert.equal(await exists(join(dataDir, "dev.json")), false);

    await using again = await startDevStack({ dataDir, keepData: true });
    const after = await getJson<{ items: { t: number }[] }>(
      page.replace(stack.webUrl, again.webUrl),
    );
    assert.deepEqual(after.items.slice(0, 100), before.items.slice(0, 100), "history changed over a restart");
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});

Deno.test("dev stops, and says why, when its database is gone", async () => {
  const dataDir = await makeDataDir();
  try {
    const stack = await startDevStack({ dataDir, keepData: true });
    const pids = await allPids(dataDir);
    Deno.kill(pids.at(-1) as number, "SIGKILL");
    assert.equal((await stack.process.status).code, 1);
    assert.match(stack.output(), /PostgreSQL ended by itself: stopping/);
    // The database's own processes notice by themselves that their parent is gone.
    for (const pid of pids) await until(() => !isRunning(pid), `process ${pid} has ended`, 5_000);
    await using again = await startDevStack({ dataDir, keepData: true });
    assert.ok(await answers(again.webUrl));
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});

Deno.test("two stacks run side by side and know nothing of each other's users", async () => {
  await using one = await startDevStack();
  await using two = await startDevStack();
  const person = { email: "ada@example.com", password: "correct horse battery" };
  const { error } = await createClient(one.supabaseUrl, one.publishableKey, AUTH).auth.signUp(person);
  assert.equal(error, null);
  const elsewhere = await createClient(two.supabaseUrl, two.publishableKey, AUTH).auth.signInWithPassword(person);
  assert.equal(elsewhere.error?.code, "invalid_credentials");
  const foreign = await fetch(`${two.supabaseUrl}/rest/v1/rpc/ws_stats`, {
    method: "POST",
    headers: { apikey: one.publishableKey },
  });
  assert.equal(foreign.status, 401);
  await foreign.body?.cancel();
});

const AUTH = { auth: { persistSession: false, autoRefreshToken: false } };

const refusals: [
  name: string,
  change: (env: Record<string, string>) => Promise<Record<string, string>>,
  said: RegExp,
][] = [
  [
    "a port that is taken",
    (env) => Promise.resolve({ WORKER_PORT: env.TAKEN as string }),
    /^Cannot listen on port \d+: it is taken\. .*WORKER_PORT/,
  ],
  ["a port that is no port", () => Promise.resolve({ PORT: "http" }), /^Cannot use PORT="http": use a port/],
  ["production mode", () => Promise.resolve({ OUTCRY_MODE: "production" }), /^Cannot use OUTCRY_MODE="production"/],
  ["an impossible speed", () => Promise.resolve({ SIM_SPEED: "-1" }), /^Cannot use SIM_SPEED="-1"/],
  ["a data folder that is a file", async () => {
    const path = await Deno.makeTempFile();
    return { OUTCRY_DATA: path };
  }, /^Cannot use the data folder .*Set OUTCRY_DATA/],
];

for (const [name, change, said] of refusals) {
  Deno.test(`dev refuses ${name} with one line that says what to do`, async () => {
    const dataDir = await makeDataDir();
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    try {
      const taken = String((listener.addr as Deno.NetAddr).port);
      const env = devEnvironment(dataDir);
      const { process, output } = spawnDev({ ...env, ...await change({ ...env, TAKEN: taken }) });
      const { code } = await process.status;
      assert.equal(code, 1);
      await until(() => output().length > 0, "it says why");
      assert.match(output().trim(), said);
      assert.equal(output().trim().split("\n").length, 1);
    } finally {
      listener.close();
      await Deno.remove(dataDir, { recursive: true });
    }
  });
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/healthz`);
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

interface Pids {
  supervisor: number;
  children: { pid: number; script: string }[];
}

async function readPids(dataDir: string): Promise<Pids> {
  return JSON.parse(await Deno.readTextFile(join(dataDir, "pids.json"))) as Pids;
}

async function pidOf(dataDir: string, script: string): Promise<number> {
  return (await readPids(dataDir)).children.find((child) => child.script === script)?.pid ?? 0;
}

/** The supervisor, its children, and Postgres. */
async function allPids(dataDir: string): Promise<number[]> {
  const { supervisor, children } = await readPids(dataDir);
  const postmaster = await Deno.readTextFile(join(dataDir, "postgres", "postmaster.pid"));
  return [supervisor, ...children.map(({ pid }) => pid), Number(postmaster.split("\n")[0])];
}

function isRunning(pid: number): boolean {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    return stat[stat.lastIndexOf(")") + 2] !== "Z";
  } catch {
    return false;
  }
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
