import { z } from "zod";

/** Exchanges one worker feeds at most: each costs a socket, a lease and its markets in memory. */
export const EXCHANGES_MAX = 16;

const port = z.coerce.number().int().min(0).max(65_535);

const settingsSchema = z.object({
  OUTCRY_MODE: z.enum(["local", "production"]).default("production"),
  SUPABASE_URL: z.url({ protocol: /^https?$/ }),
  SUPABASE_SECRET_KEY: z.string().min(1),
  EXCHANGES: z.string()
    .transform((text) => [...new Set(text.split(",").map((id) => id.trim()).filter((id) => id !== ""))])
    .pipe(z.array(z.string().regex(/^[a-z][a-z0-9]{0,31}$/)).min(1).max(EXCHANGES_MAX)),
  WORKER_PORT: port.default(9_100),
  SIM_PORT: port.default(9_200),
  RECORD_DIR: z.string().max(4_096).optional(),
  REALTIME_MESSAGES_PER_S: z.coerce.number().int().min(0).max(10_000_000).optional(),
});

/** What hosted Realtime allows on plans without a spend cap; see https://supabase.com/docs/guides/realtime/limits. */
export const HOSTED_MESSAGES_PER_S = 2_500;

/** What the worker is told by its environment. */
export interface WorkerSettings {
  mode: "local" | "production";
  supabaseUrl: string;
  secretKey: string;
  exchanges: string[];
  workerPort: number;
  simPort: number;
  /** Folder in which feeds record what they are told; null for no recording. */
  recordDir: string | null;
  /** Messages a second that Realtime's plan allows, each reader's counted; null for no limit. */
  realtimeMessages_per_s_max: number | null;
}

/** The settings, or one line that says which variable to set and how. It never shows a value: one of them is secret. */
export type SettingsResult = { ok: true; settings: WorkerSettings } | { ok: false; message: string };

const HINTS: Record<string, string> = {
  OUTCRY_MODE: "local or production",
  SUPABASE_URL: "the project's http(s) address",
  SUPABASE_SECRET_KEY: "the project's secret key",
  EXCHANGES: "a comma list of exchange ids such as sim,binance",
  WORKER_PORT: "a port number",
  SIM_PORT: "a port number",
  RECORD_DIR: "a folder to record feeds in",
  REALTIME_MESSAGES_PER_S: "the messages a second that Realtime's plan allows, or 0 for no limit",
};

/** Reads the worker's settings from environment variables. */
export function parseSettings(env: Record<string, string | undefined>): SettingsResult {
  // An empty variable is an unset one, as in a copied .env file.
  const given = Object.fromEntries(Object.keys(HINTS).map((name) => [name, env[name] === "" ? undefined : env[name]]));
  const parsed = settingsSchema.safeParse(given);
  if (!parsed.success) {
    const names = [...new Set(parsed.error.issues.map((issue) => String(issue.path[0])))];
    const wanted = names.map((name) => `${name} to ${HINTS[name] ?? "a value"}`).join(", ");
    return { ok: false, message: `Cannot start the worker: set ${wanted}` };
  }
  const { data } = parsed;
  return {
    ok: true,
    settings: {
      mode: data.OUTCRY_MODE,
      supabaseUrl: data.SUPABASE_URL.replace(/\/+$/, ""),
      secretKey: data.SUPABASE_SECRET_KEY,
      exchanges: data.EXCHANGES,
      workerPort: data.WORKER_PORT,
      simPort: data.SIM_PORT,
      recordDir: data.RECORD_DIR ?? null,
      realtimeMessages_per_s_max: messagesOf(data.REALTIME_MESSAGES_PER_S, data.OUTCRY_MODE),
    },
  };
}

function messagesOf(given: number | undefined, mode: "local" | "production"): number | null {
  if (given === undefined) return mode === "production" ? HOSTED_MESSAGES_PER_S : null;
  return given === 0 ? null : given;
}
