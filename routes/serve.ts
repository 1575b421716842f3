import { parseSettings, type Settings } from "../lib/kernel/edge/settings.ts";
import { createLogger, type Logger } from "../lib/kernel/log.ts";
import { createApp } from "./app.ts";
import { type AssetStore, readAssets } from "./assets.ts";
import { createServices } from "./services.ts";

/** Time open requests get to finish when the process is told to stop. */
const STOP_ms_MAX = 1_500;

const encoder = new TextEncoder();

/**
 * Starts the web and serves until the process is told to stop. A bad environment, a missing build and a
 * taken port each print one line that says what to do, and exit 1.
 * @param root URL of the project's folder, with its trailing slash.
 */
export async function serveWeb(root: string): Promise<void> {
  const logger = createLogger({
    service: "web",
    nowMs: Date.now,
    write: (line) => void Deno.stdout.writeSync(encoder.encode(`${line}\n`)),
  });
  const settings = settingsOrExit();
  if (settings.hmacKey === null) {
    logger.warn("EDGE_HMAC_KEY is not set: anonymous callers share their limits, and a flood of one slows all of them");
  }
  const services = createServices({
    settings,
    assets: await assetsOrExit(root),
    logger,
    fetch: (input, init) => fetch(input, init),
    nowMs: Date.now,
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
  });
  const server = listenOrExit(settings, logger, createApp(services).fetch);
  stopOnSignal(logger, async () => {
    await services.close();
    await server.shutdown();
  });
}

function listenOrExit(
  { hostname, port, mode, publicUrl }: Settings,
  logger: Logger,
  handler: Deno.ServeHandler<Deno.NetAddr>,
): Deno.HttpServer<Deno.NetAddr> {
  const onListen = () => logger.info("Listening", { address: `${hostname}:${port}`, url: publicUrl, mode });
  try {
    return Deno.serve({ hostname, port, onListen }, handler);
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) {
      return exit(`Cannot listen on port ${port}: it is taken. Stop what uses it, or set PORT to another port`);
    }
    return exit(`Cannot listen on port ${port}: ${error instanceof Error ? error.message : error}`);
  }
}

function stopOnSignal(logger: Logger, close: () => Promise<void>): void {
  let isStopping = false;
  const stop = () => {
    if (isStopping) return;
    isStopping = true;
    logger.info("Stopping");
    // Whatever has not finished by then is cut off.
    setTimeout(() => Deno.exit(0), STOP_ms_MAX);
    close().finally(() => Deno.exit(0));
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, stop);
}

function settingsOrExit(): Settings {
  const parsed = parseSettings(Deno.env.toObject());
  return parsed.ok ? parsed.settings : exit(parsed.message);
}

async function assetsOrExit(root: string): Promise<AssetStore> {
  try {
    return await readAssets(new URL("static/dist/", root));
  } catch (error) {
    const problem = error instanceof Deno.errors.NotFound ? "they are missing" : "they are damaged";
    return exit(`Cannot read the built scripts and styles: ${problem}. Run deno run -A tools/build.ts`);
  }
}

function exit(message: string): never {
  Deno.stderr.writeSync(encoder.encode(`${message}\n`));
  Deno.exit(1);
}
