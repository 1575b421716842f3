/** Starts the web: pages and API. Needs `--allow-net --allow-env --allow-read`, and no secret key. */
import { parseSettings, type Settings } from "./lib/kernel/edge/settings.ts";
import { createLogger } from "./lib/kernel/log.ts";
import { createApp } from "./routes/app.ts";
import { type AssetStore, readAssets } from "./routes/assets.ts";
import { createServices } from "./routes/services.ts";

/** Time open requests get to finish when the process is told to stop. */
const STOP_ms_MAX = 1_500;

const encoder = new TextEncoder();
const logger = createLogger({
  service: "web",
  nowMs: Date.now,
  write: (line) => void Deno.stdout.writeSync(encoder.encode(`${line}\n`)),
});

const settings = settingsOrExit();
const services = createServices({
  settings,
  assets: await assetsOrExit(),
  logger,
  fetch: (input, init) => fetch(input, init),
  nowMs: Date.now,
  random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
});
const app = createApp(services);

/** For hosts that serve the module themselves, such as Deno Deploy. */
export default { fetch: app.fetch } satisfies Deno.ServeDefaultExport;

if (import.meta.main) serve(settings);

function serve({ hostname, port, mode, publicUrl }: Settings): void {
  let server: Deno.HttpServer<Deno.NetAddr>;
  try {
    server = Deno.serve({
      hostname,
      port,
      onListen: () => logger.info("Listening", { address: `${hostname}:${port}`, url: publicUrl, mode }),
    }, app.fetch);
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    exit(`Cannot listen on port ${port}: it is taken. Stop what uses it, or set PORT to another port`);
  }
  const stop = () => {
    logger.info("Stopping");
    // Whatever has not finished by then is cut off.
    setTimeout(() => Deno.exit(0), STOP_ms_MAX);
    services.close().then(() => server.shutdown()).finally(() => Deno.exit(0));
  };
  let isStopping = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => {
      if (!isStopping) stop();
      isStopping = true;
    });
  }
}

function settingsOrExit(): Settings {
  const parsed = parseSettings(Deno.env.toObject());
  return parsed.ok ? parsed.settings : exit(parsed.message);
}

async function assetsOrExit(): Promise<AssetStore> {
  try {
    return await readAssets(new URL("./static/dist/", import.meta.url));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return exit("Cannot find the built scripts and styles: run deno run -A tools/build.ts");
  }
}

function exit(message: string): never {
  Deno.stderr.writeSync(encoder.encode(`${message}\n`));
  Deno.exit(1);
}
