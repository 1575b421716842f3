import assert from "node:assert/strict";
import { join } from "node:path";
import postgres from "postgres";
import { StartError } from "./errors.ts";
import type { EmbeddedOptions } from "./start.ts";
import { startTestSupabase, type TestSupabase } from "./testing.ts";

const STRICT = { sanitizeOps: true, sanitizeResources: true };

async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "outcry-start-" });
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Processes that work on the folder's database, on Linux. */
function serversOf(folder: string): number[] {
  const data = join(Deno.realPathSync(folder), "postgres");
  return [...Deno.readDirSync("/proc")].filter(({ name }) => /^\d+$/.test(name)).filter(({ name }) => {
    try {
      return Deno.readLinkSync(`/proc/${name}/cwd`) === data;
    } catch {
      return false;
    }
  }).map(({ name }) => Number(name));
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function callRpc(stack: TestSupabase, name: string): Promise<number> {
  const headers = { apikey: stack.publishableKey };
  const response = await fetch(`${stack.url}/rest/v1/rpc/${name}`, { method: "POST", headers });
  await response.body?.cancel();
  return response.status;
}

async function refusal(options: Parameters<typeof startTestSupabase>[0]): Promise<string> {
  const error: unknown = await startTestSupabase(options).then(
    async (stack) => {
      await stack.stop();
      return undefined;
    },
    (reason) => reason,
  );
  assert.ok(error instanceof StartError, String(error));
  assert.equal(error.message.includes("\n"), false);
  return error.message;
}

Deno.test({
  name: "a second start on the same folder keeps data and keys, and a stop leaves no process",
  ...STRICT,
  fn: () =>
    withFolder(async (dataDir) => {
      const first = await startTestSupabase({ dataDir });
      await first.sql`create table public.kept as select 42 as answer`;
      assert.ok(serversOf(dataDir).length > 0);
      // A client that stays connected, in the middle of something, keeps nothing alive.
      const lingering = postgres(first.dbUrl, { max: 1, onnotice: () => {} });
      await lingering`select 1`;
      const query = lingering`select pg_sleep(60)`.then(() => "slept", () => "cut off");
      const startedMs = performance.now();
      await first.stop();
      await first.stop();
      assert.ok(performance.now() - startedMs < 3_000);
      assert.equal(await query, "cut off");
      await lingering.end({ timeout: 0 });
      assert.deepEqual(serversOf(dataDir), []);
      assert.equal((Deno.statSync(join(dataDir, "supabase-keys.json")).mode ?? 0) & 0o777, 0o600);

      await using second = await startTestSupabase({ dataDir });
      const [row] = await second.sql`select answer from public.kept`;
      assert.equal(row?.answer, 42);
      assert.deepEqual([second.publishableKey, second.secretKey], [first.publishableKey, first.secretKey]);
    }),
});

Deno.test({
  name: "two stacks run side by side, each with its own keys",
  ...STRICT,
  async fn() {
    const [one, other] = await Promise.all([startTestSupabase(), startTestSupabase()]);
    try {
      assert.notEqual(one.url, other.url);
      assert.deepEqual([await callRpc(one, "ws_stats"), await callRpc(other, "ws_stats")], [200, 200]);
      const swapped = await fetch(`${one.url}/rest/v1/rpc/ws_stats`, { headers: { apikey: other.secretKey } });
      await swapped.body?.cancel();
      assert.equal(swapped.status, 401);
    } finally {
      await Promise.all([one.stop(), other.stop()]);
    }
  },
});

Deno.test({
  name: "what is asked before the stack has started waits at its door, and is told when the start fails",
  ...STRICT,
  async fn() {
    const asked: Promise<number>[] = [];
    const announce: EmbeddedOptions["announce"] = ({ url, publishableKey }) => {
      const answer = fetch(`${url}/rest/v1/rpc/ws_stats`, { method: "POST", headers: { apikey: publishableKey } });
      asked.push(answer.then(async (response) => {
        await response.body?.cancel();
        return response.status;
      }, () => 0));
    };
    await using stack = await startTestSupabase({ announce });
    assert.deepEqual(await Promise.all(asked), [200]);
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    await refusal({ dbPort: taken.addr.port, announce });
    // Answered or cut off, as the door closes.
    assert.ok([0, 503].includes(await asked[1] ?? 200));
    assert.equal(await callRpc(stack, "ws_stats"), 200);
  },
});

/** Runs a stack in a process of its own, and returns once it is up. */
async function startElsewhere(dataDir: string, dbPort: number): Promise<Deno.ChildProcess> {
  const script = `
    import { startTestSupabase } from ${JSON.stringify(import.meta.resolve("./testing.ts"))};
    const stack = await startTestSupabase({ dataDir: ${JSON.stringify(dataDir)}, dbPort: ${dbPort} });
    await stack.sql\`create table public.kept as select 1 as answer\`;
    console.log("ready");`;
  const args = ["eval", "--ext=ts", script];
  const parent = new Deno.Command(Deno.execPath(), { args, stdout: "piped", stderr: "null" }).spawn();
  const reader = parent.stdout.getReader();
  await reader.read();
  await reader.cancel();
  return parent;
}

async function killParent(parent: Deno.ChildProcess): Promise<void> {
  parent.kill("SIGKILL");
  await parent.status;
}

Deno.test({
  name: "a killed parent takes its server along",
  ...STRICT,
  fn: () =>
    withFolder(async (dataDir) => {
      const parent = await startElsewhere(dataDir, freePort());
      assert.ok(serversOf(dataDir).length > 0);
      await killParent(parent);
      for (let attempt = 0; attempt < 250 && serversOf(dataDir).length > 0; attempt++) {
        await new Promise((done) => setTimeout(done, 20));
      }
      assert.deepEqual(serversOf(dataDir), []);
    }),
});

Deno.test({
  name: "a server that stayed behind is replaced, on the same port",
  ...STRICT,
  fn: () =>
    withFolder(async (dataDir) => {
      const dbPort = freePort();
      const parent = await startElsewhere(dataDir, dbPort);
      const orphans = serversOf(dataDir);
      // Stopped, it hears nothing but SIGKILL.
      const postmaster = Number((await Deno.readTextFile(join(dataDir, "postgres", "postmaster.pid"))).split("\n")[0]);
      Deno.kill(postmaster, "SIGSTOP");
      await killParent(parent);
      assert.ok(serversOf(dataDir).includes(postmaster));

      await using stack = await startTestSupabase({ dataDir, dbPort });
      assert.deepEqual(serversOf(dataDir).filter((pid) => orphans.includes(pid)), []);
      const [row] = await stack.sql`select answer from public.kept`;
      assert.equal(row?.answer, 1);
    }),
});

Deno.test({
  name: "a folder another stack is using is refused",
  ...STRICT,
  fn: () =>
    withFolder(async (dataDir) => {
      await using stack = await startTestSupabase({ dataDir });
      assert.match(await refusal({ dataDir }), /^Another stack is running on/);
      assert.equal(await callRpc(stack, "ws_stats"), 200);
    }),
});

Deno.test({
  name: "a taken port is said in one line",
  ...STRICT,
  async fn() {
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = taken.addr;
    assert.equal(await refusal({ port }), `Port ${port} is taken: stop what uses it or choose another SUPABASE_PORT`);
    assert.equal(await refusal({ dbPort: port }), `Port ${port} is taken: stop what uses it or choose another DB_PORT`);
  },
});

Deno.test({
  name: "a foreign, outdated or damaged data folder is said in one line and left alone",
  ...STRICT,
  fn: () =>
    withFolder(async (dataDir) => {
      const data = join(dataDir, "postgres");
      await Deno.mkdir(data);
      await Deno.writeTextFile(join(data, "holiday.txt"), "photos");
      assert.match(await refusal({ dataDir }), /is not a PostgreSQL data folder: move it away/);
      await Deno.remove(join(dataDir, "supabase-keys.json"));
      await Deno.writeTextFile(join(data, "PG_VERSION"), "15\n");
      assert.match(await refusal({ dataDir }), /^Cannot open the database: the stack's keys are lost/);
      await Deno.remove(data, { recursive: true });
      await (await startTestSupabase({ dataDir })).stop();
      await Deno.writeTextFile(join(data, "PG_VERSION"), "15\n");
      assert.match(await refusal({ dataDir }), /belongs to PostgreSQL 15, this is 18/);
      await Deno.writeTextFile(join(data, "PG_VERSION"), "18\n");
      await Deno.remove(join(data, "global", "pg_control"));
      assert.match(await refusal({ dataDir }), /^PostgreSQL does not start on .*pg_control.*Move that folder away/);
      await Deno.writeTextFile(join(dataDir, "supabase-keys.json"), "{}");
      assert.match(await refusal({ dataDir }), /^Cannot read the stack's keys: the file is damaged/);
      assert.deepEqual(serversOf(dataDir), []);
    }),
});

Deno.test({
  name: "a data folder that is a file is said in one line",
  ...STRICT,
  fn: () =>
    withFolder(async (folder) => {
      const dataDir = join(folder, "file");
      await Deno.writeTextFile(dataDir, "");
      assert.match(await refusal({ dataDir }), /^Cannot use the data folder/);
    }),
});

Deno.test({
  name: "production mode has no identity provider, mail sink or studio",
  ...STRICT,
  async fn() {
    await using stack = await startTestSupabase({ mode: "production" });
    for (const url of [stack.mailUrl, `${stack.identityUrl}/login/oauth/authorize`, `${stack.url}/`]) {
      const response = await fetch(url);
      await response.body?.cancel();
      assert.equal(response.status, 404);
    }
    const keyless = await fetch(`${stack.url}/rest/v1/rpc/ws_stats`, { headers: { "sec-fetch-site": "same-origin" } });
    await keyless.body?.cancel();
    assert.equal(keyless.status, 401);
    const settings = await fetch(`${stack.url}/auth/v1/settings`, { headers: { apikey: stack.publishableKey } });
    assert.equal((await settings.json()).external.github, false);
  },
});
