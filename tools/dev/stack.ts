import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { setTimeout as delay } from "node:timers/promises";
import type { EmbeddedOptions, EmbeddedSupabase } from "../../supabase/embedded/start.ts";
import { createLogger } from "../../lib/kernel/log.ts";
import { isBuilt } from "../build_stamp.ts";
import { type ChildSpec, SupervisedChild } from "./child.ts";
import { LogFile } from "./log_file.ts";
import { edgeKeyOf, type RunningPids, writePids } from "./data_folder.ts";
import { ensurePackages } from "./packages.ts";
import { startTestPayments } from "../payments/server.ts";
import { knownVenue } from "../../lib/market/venue_capabilities.ts";
import { type DevSettings, needsSimulator, portsOf, StartRefusal } from "./settings.ts";

/** A running Outcry. */
export interface Stack {
  webUrl: string;
  /** Resolves when the database has ended by itself; nothing works without it. */
  databaseEnded: Promise<void>;
  /** Ends every process in order: web and worker, then the simulator, then the database. */
  stop(): Promise<void>;
}

/** From the first process to the first candle on the page; a cold machine needs a few seconds of it. */
const READY_MAX_ms = 60_000;
const READY_POLL_ms = 50;
const PROBE_MAX_ms = 2_000;

/**
 * Starts everything and waits until a browser would see a live market.
 * @param root the project's folder.
 * @param signal gives the start up; whatever had started is ended again.
 * @throws StartRefusal with one line saying what to do; whatever had started is ended again.
 */
export async function startStack(
  root: string,
  settings: DevSettings,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<Stack> {
  assertPortsAreFree(settings);
  await ensurePackages(root, say);
  const specs = childSpecs(root, settings);
  const children: SupervisedChild[] = [];
  let isStopping = false;
  const launch = (spec: ChildSpec) => {
    // A start that failed must not be joined by a process that nobody would end.
    if (signal.aborted || isStopping) throw new StartRefusal("Stopped before it was ready");
    new LogFile(spec.logPath, { anew: true }).close();
    const started = () => writePids(settings.dataDir, currentPids(children, specs));
    const child = new SupervisedChild(spec, { say, started });
    children.push(child);
    child.start();
  };
  let embedded: EmbeddedSupabase | null = null;
  const payments = startPayments(settings, say);
  const stop = async () => {
    isStopping = true;
    await Promise.all(children.map((child) => child.stop()));
    await payments.stop();
    // The database outlives its clients.
    await embedded?.stop();
    await Deno.remove(join(settings.dataDir, "dev.json")).catch(() => {});
  };

  try {
    const building = buildAssets(root);
    building.catch(() => {});
    const edgeKey = await edgeKeyOf(settings.dataDir);
    const launched = Promise.withResolvers<void>();
    launched.promise.catch(() => {});
    embedded = await startEmbedded(root, settings, ({ url, publishableKey, secretKey }) => {
      const supabase = { SUPABASE_URL: url, SUPABASE_PUBLISHABLE_KEY: publishableKey, EDGE_HMAC_KEY: edgeKey };
      // They load while the database starts; what they ask of it meanwhile waits at its door.
      launch(specs.worker({ ...supabase, ...payments.env, SUPABASE_SECRET_KEY: secretKey }));
      if (needsSimulator(settings)) launch(specs.simulator({}));
      building.then(() => launch(specs.web(supabase))).then(launched.resolve, launched.reject);
    });
    await launched.promise;
    const webUrl = `http://127.0.0.1:${settings.webPort}`;
    await untilReady(settings, webUrl, signal);
    await writeDevJson(settings, {
      webUrl,
      supabaseUrl: embedded.url,
      publishableKey: embedded.publishableKey,
      secretKey: embedded.secretKey,
      dbUrl: embedded.dbUrl,
      workerUrl: `http://127.0.0.1:${settings.workerPort}`,
      simUrl: needsSimulator(settings) ? `http://127.0.0.1:${settings.simPort}` : null,
      mailUrl: embedded.mailUrl,
      paymentsUrl: payments.url,
    });
    return { webUrl, databaseEnded: embedded.ended, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startEmbedded(root: string, settings: DevSettings, announce: NonNullable<EmbeddedOptions["announce"]>) {
  // A computed specifier keeps the packages out of this module's graph until they have been downloaded.
  const { startEmbeddedSupabase } = await import(
    pathToFileURL(join(root, "supabase/embedded/start.ts")).href
  ) as typeof import("../../supabase/embedded/start.ts");
  const log = new LogFile(join(settings.dataDir, "logs", "supabase.log"), { anew: true });
  const encoder = new TextEncoder();
  return await startEmbeddedSupabase({
    dataDir: settings.dataDir,
    port: settings.supabasePort,
    dbPort: settings.dbPort,
    webUrl: `http://127.0.0.1:${settings.webPort}`,
    announce,
    logger: createLogger({
      service: "supabase",
      nowMs: Date.now,
      write: (line) => log.write(encoder.encode(`${line}\n`)),
    }),
  });
}

/** The payment provider of local mode, in this process, and what the worker is told of it. */
function startPayments({ webPort }: DevSettings, say: (line: string) => void) {
  const secret = crypto.randomUUID() + crypto.randomUUID();
  const webUrl = `http://127.0.0.1:${webPort}`;
  const { url, stop } = startTestPayments({
    secret,
    webhookUrl: `${webUrl}/api/v1/payments/webhook/test`,
    returnUrl: `${webUrl}/wallet`,
    nowMs: Date.now,
    warn: (message) => say(`Payments: ${message}`),
  });
  return { url, stop, env: { PAYMENTS_PROVIDER: "test", PAYMENTS_URL: url, PAYMENTS_SECRET: secret } };
}

async function buildAssets(root: string): Promise<void> {
  if (await isBuilt(root, join(root, "static/dist"))) return;
  const { stderr, success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "tools/build.ts"],
    cwd: root,
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new StartRefusal(`Cannot build the pages' scripts: ${new TextDecoder().decode(stderr).trim()}`);
}

/** The specs of the processes beside the database, each given what is known only once that runs. */
function childSpecs(root: string, settings: DevSettings) {
  const inherited = ["PATH", "HOME", "DENO_DIR", "TMPDIR", "LANG", "TZ"];
  const base: Record<string, string> = { OUTCRY_MODE: "local", NO_COLOR: "1", OUTCRY_DATA: settings.dataDir };
  for (const name of inherited) {
    const value = Deno.env.get(name);
    if (value !== undefined) base[name] = value;
  }
  const spec = (name: string, args: string[], own: Record<string, string>) => (env: Record<string, string>) => ({
    name,
    args: ["run", "--no-prompt", ...args],
    env: { ...base, ...own, ...env },
    cwd: root,
    logPath: join(settings.dataDir, "logs", `${name}.log`),
  });
  return {
    simulator: spec("simulator", [
      "--allow-net",
      "--allow-env",
      "--allow-read",
      "--allow-write",
      "tools/simulator/main.ts",
    ], {
      SIM_PORT: String(settings.simPort),
      SIM_SPEED: String(settings.simSpeed),
      SIM_SEED: String(settings.simSeed),
    }),
    worker: spec("worker", [
      "--allow-net",
      "--allow-env",
      "--allow-read",
      "--allow-sys",
      `--allow-write=${settings.dataDir}`,
      "workers/main.ts",
    ], {
      WORKER_PORT: String(settings.workerPort),
      SIM_PORT: String(settings.simPort),
      EXCHANGES: settings.exchanges.join(","),
      POOL_ADAPTER_SECRETS: Deno.env.get("POOL_ADAPTER_SECRETS") ?? "",
    }),
    web: spec("web", ["--allow-net", "--allow-env", "--allow-read", "main.ts"], {
      PORT: String(settings.webPort),
      PUBLIC_URL: `http://127.0.0.1:${settings.webPort}`,
    }),
  };
}

function currentPids(children: SupervisedChild[], specs: ReturnType<typeof childSpecs>): RunningPids {
  const scripts = Object.values(specs).map((spec) => spec({})).map(({ name, args }) => [name, args.at(-1)] as const);
  const scriptOf = new Map(scripts);
  return {
    supervisor: Deno.pid,
    children: children.flatMap(({ name, pid }) => pid === null ? [] : [{ pid, script: scriptOf.get(name) ?? name }]),
  };
}

function assertPortsAreFree(settings: DevSettings): void {
  for (const [name, port] of Object.entries(portsOf(settings))) {
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
      throw new StartRefusal(
        `Cannot listen on port ${port}: it is taken. Stop what uses it, or set ${name} to another port`,
      );
    }
  }
}

async function untilReady(settings: DevSettings, webUrl: string, signal: AbortSignal): Promise<void> {
  const [exchange] = settings.exchanges;
  const probes: [string, string][] = [
    ["worker", `http://127.0.0.1:${settings.workerPort}/healthz`],
    ["web", `${webUrl}/healthz`],
  ];
  if (knownVenue(exchange ?? "")?.local) {
    probes.push(["worker", `${webUrl}/api/v1/candles?exchange=${exchange}&symbol=BTC-USDT&timeframe=1m&limit=1`]);
  }
  const deadline = performance.now() + READY_MAX_ms;
  for (const [name, url] of probes) {
    while (!await answers(url)) {
      if (signal.aborted) throw new StartRefusal("Stopped before it was ready");
      if (performance.now() > deadline) {
        throw new StartRefusal(
          `The ${name} did not become ready within ${READY_MAX_ms / 1000} s: see ${
            join(settings.dataDir, "logs", `${name}.log`)
          }`,
        );
      }
      await delay(READY_POLL_ms);
    }
  }
}

/** Whether `url` answers 200, and with at least one item where it answers a list. */
async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PROBE_MAX_ms) });
    const body = await response.json();
    return response.ok && (!Array.isArray(body.items) || body.items.length > 0);
  } catch {
    return false;
  }
}

async function writeDevJson(settings: DevSettings, content: Record<string, string | null>): Promise<void> {
  const path = join(settings.dataDir, "dev.json");
  // Readable by its owner alone, because it holds the secret key; renamed so that nobody reads half of it.
  await Deno.writeTextFile(`${path}.new`, JSON.stringify(content, null, 2), { mode: 0o600 });
  await Deno.rename(`${path}.new`, path);
}
