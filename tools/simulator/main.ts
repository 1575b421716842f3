/**
 * Starts the exchange simulator as a process of its own.
 * Environment: OUTCRY_MODE (must be `local`), SIM_PORT, SIM_SPEED, SIM_SEED, OUTCRY_DATA.
 */
import { z } from "zod";
import { createLogger } from "../../lib/kernel/log.ts";
import { SPEED_MAX, SPEED_MIN } from "./clock.ts";
import { SEED_MAX, startSimulator } from "./server.ts";

const environmentSchema = z.object({
  OUTCRY_MODE: z.literal("local", { error: "the simulator runs in local mode only: set OUTCRY_MODE=local" }),
  SIM_PORT: number("SIM_PORT", 9200, 0, 65_535, true),
  SIM_SPEED: number("SIM_SPEED", 1, SPEED_MIN, SPEED_MAX, false),
  SIM_SEED: number("SIM_SEED", 1, 0, SEED_MAX, true),
  OUTCRY_DATA: z.string().min(1, "OUTCRY_DATA must name a folder").default(".outcry"),
});

function number(name: string, fallback: number, min: number, max: number, whole: boolean) {
  const error = `${name} must be ${whole ? "an integer" : "a number"} from ${min} to ${max}`;
  return z.string().default(String(fallback)).refine((text) => {
    const value = Number(text);
    return text.trim() !== "" && value >= min && value <= max && (!whole || Number.isInteger(value));
  }, error).transform(Number);
}

function writeLine(target: { writeSync(bytes: Uint8Array): number }, line: string): void {
  target.writeSync(new TextEncoder().encode(`${line}\n`));
}

function explain(error: unknown, port: number): string {
  if (error instanceof Deno.errors.AddrInUse) {
    return `Cannot start the simulator: port ${port} is taken; stop what uses it or set SIM_PORT`;
  }
  const reason = error instanceof Error ? error.message : String(error);
  return reason.startsWith("Cannot ") ? reason : `Cannot start the simulator: ${reason}`;
}

async function main(): Promise<void> {
  const names = ["OUTCRY_MODE", "SIM_PORT", "SIM_SPEED", "SIM_SEED", "OUTCRY_DATA"];
  const environment = environmentSchema.safeParse(
    Object.fromEntries(names.map((name) => [name, Deno.env.get(name)])),
  );
  if (!environment.success) {
    writeLine(Deno.stderr, `Cannot start the simulator: ${environment.error.issues[0]?.message ?? "bad environment"}`);
    Deno.exit(1);
  }
  const { SIM_PORT: port, SIM_SPEED: speed, SIM_SEED: seed, OUTCRY_DATA: dataDir } = environment.data;
  const nowMs = () => Date.now();
  const logger = createLogger({ service: "simulator", write: (line) => writeLine(Deno.stdout, line), nowMs });
  try {
    const simulator = await startSimulator({ port, speed, seed, dataDir, logger, nowMs });
    const stop = async () => {
      await simulator.stop();
      Deno.exit(0);
    };
    for (const signal of ["SIGTERM", "SIGINT"] as const) Deno.addSignalListener(signal, stop);
  } catch (error) {
    writeLine(Deno.stderr, explain(error, port));
    Deno.exit(1);
  }
}

await main();
