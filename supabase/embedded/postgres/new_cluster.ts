import type { Logger } from "../../../lib/kernel/log.ts";
import { startError } from "../errors.ts";
import type { PostgresBinaries } from "./binaries.ts";
import { stopOrphan } from "./orphan.ts";
import { runAs } from "./programs.ts";
import { PostgresServer } from "./server.ts";
import type { ServerUser } from "./server_user.ts";
import type { TemplateStore } from "./template_store.ts";

/** What new clusters hold beyond what initdb makes, and where copies of such clusters are kept. */
export interface ClusterTemplate {
  /** Names everything it is made from: another key, another template. */
  key: string;
  store: TemplateStore;
  /** Fills the database with what is the same for every deployment, and leaves no password in it. */
  prepare(dbUrl: string): Promise<void>;
}

/** Which cluster to make. */
export interface NewClusterOptions {
  binaries: PostgresBinaries;
  user: ServerUser;
  /** Where it is to be; nothing is there yet. */
  pgData: string;
  /** The password of the superuser "postgres": base64url text. */
  password: string;
  /** Without one the cluster holds what initdb makes. */
  template: ClusterTemplate | undefined;
  logger: Logger;
}

/** Hexadecimal digits: no two templates share them by chance. */
const KEY_LENGTH = 32;
// A build that breaks off is thrown away, so nothing in it has to reach the disk.
const BUILD_SETTINGS = {
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  // Segments kept for later would be copied into every data folder.
  wal_recycle: "off",
  // And the last one stays a hole on the disk but for what was written.
  wal_init_zero: "off",
  autovacuum: "off",
};

/**
 * Makes a cluster beside its final place, so that an interrupted start leaves no half of one.
 * @throws StartError saying what to do.
 */
export async function makeCluster(options: NewClusterOptions): Promise<void> {
  const { pgData, template, logger } = options;
  await removeLeftovers(pgData, logger);
  // A name of its own: what an interrupted start's helpers still write goes elsewhere.
  const fresh = `${pgData}.${crypto.randomUUID().slice(0, 8)}.new`;
  try {
    if (template === undefined) await initialise(options, fresh, options.password);
    else {
      await fillFromTemplate(options, template, fresh);
      await setPassword(options, fresh);
    }
    await Deno.rename(fresh, pgData);
  } catch (error) {
    await Deno.remove(fresh, { recursive: true }).catch(() => {});
    if (error instanceof Error && error.name === "StartError") throw error;
    throw startError(`Cannot make a database in "${pgData}"`, error, "Check that the folder is writable and has room");
  }
}

async function fillFromTemplate(options: NewClusterOptions, template: ClusterTemplate, fresh: string): Promise<void> {
  const { store } = template;
  const key = await digest(`${options.binaries.build}\n${template.key}`);
  if (await store.unpack(key, fresh, options.user)) return;
  using _turn = await store.waitForTurn(key);
  if (await store.unpack(key, fresh, options.user)) return;
  const isWhole = await build(options, template, fresh);
  if (isWhole) await store.save(key, fresh);
}

/** Makes in `fresh` what the template is to hold. Answers whether it may be copied. */
async function build(options: NewClusterOptions, template: ClusterTemplate, fresh: string): Promise<boolean> {
  const { binaries, user, logger } = options;
  // Good for this build alone.
  const password = crypto.randomUUID();
  await initialise(options, fresh, password);
  const server = await PostgresServer.start({
    binaries,
    user,
    pgData: fresh,
    port: 0,
    settings: BUILD_SETTINGS,
    logger,
  });
  try {
    await template.prepare(`postgres://postgres:${password}@127.0.0.1:${server.port}/postgres?sslmode=disable`);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return await server.stop();
}

/** Runs initdb. */
async function initialise({ binaries, user, pgData }: NewClusterOptions, folder: string, password: string) {
  const passwordFile = `${pgData}.password`;
  try {
    await Deno.mkdir(folder, { mode: 0o700 });
    await Deno.remove(passwordFile).catch(ignoreMissing);
    await Deno.writeTextFile(passwordFile, password, { mode: 0o600, createNew: true });
    if (user.owner !== undefined) {
      await Deno.chown(folder, user.owner.uid, user.owner.gid);
      await Deno.chown(passwordFile, user.owner.uid, user.owner.gid);
    }
    await runAs(user, binaries.initdb, [
      `--pgdata=${folder}`,
      "--username=postgres",
      `--pwfile=${passwordFile}`,
      "--auth=scram-sha-256",
      "--encoding=UTF8",
      "--locale-provider=builtin",
      "--builtin-locale=C.UTF-8",
      "--locale=C",
      "--no-sync",
      "--no-instructions",
    ]);
  } finally {
    await Deno.remove(passwordFile).catch(ignoreMissing);
  }
}

/** Gives the superuser its password while no server runs: there is no moment at which another one would do. */
async function setPassword({ binaries, user, password }: NewClusterOptions, folder: string): Promise<void> {
  const flags = ["--single", "-D", folder, "-c", "exit_on_error=true", "-c", "log_checkpoints=off"];
  const statement = `alter role postgres password '${password.replaceAll("'", "''")}'\n`;
  await runAs(user, binaries.postgres, [...flags, "postgres"], [new TextEncoder().encode(statement)]);
}

/** Removes what interrupted starts left beside `pgData`, whose data folder's lock the caller holds. */
async function removeLeftovers(pgData: string, logger: Logger): Promise<void> {
  const slash = pgData.lastIndexOf("/");
  const [folder, prefix] = [pgData.slice(0, slash), `${pgData.slice(slash + 1)}.`];
  for await (const { name } of Deno.readDir(folder)) {
    if (!name.startsWith(prefix) || !name.endsWith(".new")) continue;
    const path = `${folder}/${name}`;
    await stopOrphan(path, logger);
    // A helper that is not dead yet may write into it; then the next start removes the rest.
    await Deno.remove(path, { recursive: true }).catch(() => {});
  }
}

async function digest(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return bytes.toHex().slice(0, KEY_LENGTH);
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
