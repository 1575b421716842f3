import assert from "node:assert/strict";
import { join } from "node:path";
import postgres from "postgres";
import { createLogger } from "../../../lib/kernel/log.ts";
import { startCluster } from "./cluster.ts";
import type { ClusterTemplate } from "./new_cluster.ts";
import { TemplateStore } from "./template_store.ts";

const STRICT = { sanitizeOps: true, sanitizeResources: true };
const PASSWORD = "a-password-of-this-test";

/** A store in a folder of its own, and clusters started from it. */
class Bench implements AsyncDisposable {
  readonly warnings: string[] = [];
  /** Keys whose template was built. */
  readonly builds: string[] = [];
  readonly logger = createLogger({
    service: "test",
    write: (line) => void this.warnings.push(JSON.parse(line).message),
    nowMs: () => Date.now(),
  });
  readonly folder: string;
  readonly #folders: string[] = [];

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async open(): Promise<Bench> {
    return new Bench(await Deno.makeTempDir({ prefix: "outcry-templates-" }));
  }

  async store(): Promise<TemplateStore> {
    const store = await TemplateStore.open(this.folder, this.logger);
    assert.ok(store);
    return store;
  }

  async dataDir(): Promise<string> {
    const dataDir = await Deno.makeTempDir({ prefix: "outcry-cluster-" });
    await Deno.chmod(dataDir, 0o755);
    this.#folders.push(dataDir);
    return dataDir;
  }

  /** Starts a new cluster with the template of this key; answers whose template its database holds. */
  async start(key: string, dataDir?: string): Promise<string> {
    const template: ClusterTemplate = { key, store: await this.store(), prepare: (dbUrl) => this.#prepare(key, dbUrl) };
    const options = { dataDir: dataDir ?? await this.dataDir(), port: 0, password: PASSWORD, logger: this.logger };
    const server = await startCluster({ ...options, template });
    const sql = postgres(`postgres://postgres:${PASSWORD}@127.0.0.1:${server.port}/postgres`, { max: 1 });
    try {
      const [row] = await sql`select key from public.mark`;
      return row?.key;
    } finally {
      await sql.end();
      await server.stop();
    }
  }

  async archives(): Promise<string[]> {
    const names = await Array.fromAsync(Deno.readDir(this.folder), ({ name }) => name);
    return names.filter((name) => name !== "build.lock").toSorted();
  }

  async #prepare(key: string, dbUrl: string): Promise<void> {
    this.builds.push(key);
    const sql = postgres(dbUrl, { max: 1 });
    await sql`create table public.mark as select ${key}::text as key`;
    await sql.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const folder of [this.folder, ...this.#folders]) await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("first starts at once build the template once, and another key builds another one", STRICT, async () => {
  await using bench = await Bench.open();
  assert.deepEqual(await Promise.all([bench.start("one"), bench.start("one")]), ["one", "one"]);
  assert.deepEqual(bench.builds, ["one"]);
  assert.equal(await bench.start("two"), "two");
  assert.deepEqual(bench.builds, ["one", "two"]);
  assert.equal((await bench.archives()).length, 2);
  assert.deepEqual(bench.warnings, []);
});

Deno.test("a damaged or cut template is made anew, and leaves nothing in the data folder", STRICT, async () => {
  await using bench = await Bench.open();
  await bench.start("one");
  const damages: ((path: string) => Promise<void>)[] = [
    async (path) => {
      const bytes = await Deno.readFile(path);
      // In a table's page, where tar does not look.
      const at = bytes.length - 1_000_000;
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      await Deno.writeFile(path, bytes);
    },
    (path) => Deno.truncate(path, 3_000_000),
  ];
  for (const [index, damage] of damages.entries()) {
    const [name = ""] = await bench.archives();
    await damage(join(bench.folder, name));
    const dataDir = await bench.dataDir();
    assert.equal(await bench.start("one", dataDir), "one");
    assert.equal(bench.builds.length, index + 2);
    assert.equal((await bench.archives()).length, 1);
    assert.deepEqual(await Array.fromAsync(Deno.readDir(dataDir), (entry) => entry.name), ["postgres"]);
  }
  assert.equal(bench.warnings.length, 2);
  assert.equal(await bench.start("one"), "one");
  assert.equal(bench.builds.length, 3);
});

Deno.test("what an interrupted start left behind goes with the next one", STRICT, async () => {
  await using bench = await Bench.open();
  const dataDir = await bench.dataDir();
  await Deno.mkdir(join(dataDir, "postgres.12345678.new", "base"), { recursive: true });
  await Deno.writeTextFile(join(dataDir, "postgres.12345678.new", "PG_VERSION"), "18\n");
  assert.equal(await bench.start("one", dataDir), "one");
  assert.deepEqual(await Array.fromAsync(Deno.readDir(dataDir), (entry) => entry.name), ["postgres"]);
});

Deno.test("the store keeps the templates used last, and no old drafts", STRICT, async () => {
  await using bench = await Bench.open();
  const source = await bench.dataDir();
  await Deno.writeTextFile(join(source, "file"), "content");
  const store = await bench.store();
  const draft = join(bench.folder, "left.tmp");
  await Deno.writeTextFile(draft, "half");
  await Deno.utime(draft, 0, 0);
  for (const key of ["a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8"]) {
    await store.save(key, source);
    for (const name of await bench.archives()) {
      if (name.startsWith(key)) await Deno.utime(join(bench.folder, name), Number(key[1]), Number(key[1]));
    }
  }
  // Used, so that it is no longer the oldest.
  assert.equal(await store.unpack("a1", join(await bench.dataDir(), "target"), { wrapper: [] }), true);
  await store.save("a9", source);
  assert.deepEqual((await bench.archives()).map((name) => name.split("-")[0]), [
    "a1",
    "a3",
    "a4",
    "a5",
    "a6",
    "a7",
    "a8",
    "a9",
  ]);
});

Deno.test("a folder that others may write to, or that cannot be made, keeps no templates", async () => {
  await using bench = await Bench.open();
  await Deno.chmod(bench.folder, 0o777);
  assert.equal(await TemplateStore.open(bench.folder, bench.logger), undefined);
  await Deno.chmod(bench.folder, 0o700);
  await Deno.writeTextFile(join(bench.folder, "file"), "");
  assert.equal(await TemplateStore.open(join(bench.folder, "file", "below"), bench.logger), undefined);
  assert.equal(bench.warnings.length, 2);
});
