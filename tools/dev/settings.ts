import { resolve } from "node:path";
import { z } from "zod";
import { knownVenue } from "../../lib/market/venue_capabilities.ts";

/** What `deno task dev` starts and where. Ports are those of contract-bound environment variables. */
export interface DevSettings {
  webPort: number;
  supabasePort: number;
  dbPort: number;
  workerPort: number;
  simPort: number;
  /** Absolute path of the data folder. */
  dataDir: string;
  simSpeed: number;
  simSeed: number;
  /** Exchange ids. */
  exchanges: string[];
}

/** A start that cannot go on; its message is one line saying what to do. */
export class StartRefusal extends Error {
  override readonly name = "StartRefusal";
}

const port = (fallback: number) => z.coerce.number().int().min(1).max(65_535).default(fallback);

const environment = z.object({
  OUTCRY_MODE: z.literal("local").default("local"),
  PORT: port(8000),
  SUPABASE_PORT: port(54_321),
  DB_PORT: port(54_322),
  WORKER_PORT: port(9100),
  SIM_PORT: port(9200),
  OUTCRY_DATA: z.string().min(1).default(".outcry"),
  SIM_SPEED: z.coerce.number().min(0.1).max(3600).default(1),
  SIM_SEED: z.coerce.number().int().min(0).max(2 ** 31 - 1).default(1),
  EXCHANGES: z.string().regex(/^[a-z][a-z0-9]*(,[a-z][a-z0-9]*)*$/).default("sim"),
});

const hints: Record<string, string> = {
  OUTCRY_MODE: "this command runs local mode only, so unset it",
  OUTCRY_DATA: "use a folder's path",
  SIM_SPEED: "use a number from 0.1 to 3600",
  SIM_SEED: "use a whole number",
  EXCHANGES: "use exchange ids separated by commas, such as sim,binance",
};

/**
 * Reads the settings from environment variables.
 * @throws StartRefusal naming the first variable that cannot be used.
 */
export function parseDevSettings(env: Record<string, string>): DevSettings {
  const parsed = environment.safeParse(env);
  if (!parsed.success) {
    const name = String(parsed.error.issues[0]?.path[0] ?? "the environment");
    throw new StartRefusal(`Cannot use ${name}="${env[name]}": ${hints[name] ?? "use a port from 1 to 65535"}`);
  }
  const value = parsed.data;
  return {
    webPort: value.PORT,
    supabasePort: value.SUPABASE_PORT,
    dbPort: value.DB_PORT,
    workerPort: value.WORKER_PORT,
    simPort: value.SIM_PORT,
    dataDir: resolve(value.OUTCRY_DATA),
    simSpeed: value.SIM_SPEED,
    simSeed: value.SIM_SEED,
    exchanges: value.EXCHANGES.split(","),
  };
}

/** Whether one of the exchanges is simulated: one simulator speaks for all of them. */
export function needsSimulator({ exchanges }: DevSettings): boolean {
  return exchanges.some((exchange) => knownVenue(exchange)?.local === true);
}

/** The environment variables that set each port, for messages and for the check that they are free. */
export function portsOf(settings: DevSettings): Record<string, number> {
  return {
    PORT: settings.webPort,
    SUPABASE_PORT: settings.supabasePort,
    DB_PORT: settings.dbPort,
    WORKER_PORT: settings.workerPort,
    ...(needsSimulator(settings) ? { SIM_PORT: settings.simPort } : {}),
  };
}
