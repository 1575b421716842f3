import { z } from "zod";

/** Secrets a worker may hold: each pool may have a module of its own. */
const SECRETS_MAX = 1_000;

/** Characters of a secret: a shorter one could be guessed from one signed request. */
const SECRET_LENGTH_MIN = 32;

const secretsSchema = z.record(
  z.string().min(1).max(100),
  z.string().min(SECRET_LENGTH_MIN).max(1_000),
).refine((secrets) => Object.keys(secrets).length <= SECRETS_MAX);

/** What the worker knows about pools' modules. */
export interface PoolAdapterSettings {
  /** What signs calls, by a name or by `host:port`. */
  secrets: ReadonlyMap<string, string>;
}

/** The settings, or one line that says what to change. It never shows a value: they are secret. */
export type PoolAdapterSettingsResult = { ok: true; settings: PoolAdapterSettings } | { ok: false; message: string };

/** Reads `POOL_ADAPTER_SECRETS`, a JSON object of secrets of 32 characters or more; unset or empty means none. */
export function parsePoolAdapterSettings(
  { POOL_ADAPTER_SECRETS: text }: Readonly<Record<string, string | undefined>>,
): PoolAdapterSettingsResult {
  if (text === undefined || text === "") return { ok: true, settings: { secrets: new Map() } };
  const parsed = secretsSchema.safeParse(jsonOf(text));
  if (parsed.success) return { ok: true, settings: { secrets: new Map(Object.entries(parsed.data)) } };
  return {
    ok: false,
    message: "Cannot start the worker: set POOL_ADAPTER_SECRETS to a JSON object of names or hosts with ports, " +
      `each with a secret of ${SECRET_LENGTH_MIN} characters or more`,
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
