import { z } from "zod";

/** Slowest and fastest simulated time against the wall's. */
export const SPEED_MIN = 0.1;
export const SPEED_MAX = 3600;

/** The line on which simulated time runs: at wall time `wall_ms` it was `sim_ms`, and it runs `speed` times as fast. */
export const originSchema = z.object({
  wall_ms: z.int().nonnegative(),
  sim_ms: z.int().nonnegative(),
  speed: z.number().min(SPEED_MIN).max(SPEED_MAX),
  seed: z.int().nonnegative(),
});

/** See {@link originSchema}. */
export type Origin = z.infer<typeof originSchema>;

/** Simulated time at a wall time, both in Unix ms. Before its origin the line stands still. */
export function simulatedTime(origin: Origin, wall_ms: number): number {
  return origin.sim_ms + Math.floor(Math.max(0, wall_ms - origin.wall_ms) * origin.speed);
}

/**
 * The line to run on from `wall_ms`. Without a previous one simulated time starts as real time. The same speed
 * keeps the line; another speed leaves it at the point it has reached, so simulated time never goes back.
 */
export function resumeOrigin(
  previous: Origin | undefined,
  wall_ms: number,
  speed: number,
  seed: number,
): Origin {
  if (!previous) return { wall_ms, sim_ms: wall_ms, speed, seed };
  if (previous.speed === speed && previous.wall_ms <= wall_ms) return { ...previous, seed };
  return { wall_ms, sim_ms: simulatedTime(previous, wall_ms), speed, seed };
}

/** The clock of a running simulator. */
export interface SimulatedClock {
  readonly origin: Origin;
  /** Simulated Unix ms; never goes back, even when the wall's clock does. */
  now(): number;
}

/** Runs a clock on `origin`; `nowMs` is the wall's. */
export function createClock(origin: Origin, nowMs: () => number): SimulatedClock {
  let latest = 0;
  return {
    origin,
    now() {
      latest = Math.max(latest, simulatedTime(origin, nowMs()));
      return latest;
    },
  };
}

/**
 * Reads the origin kept in `path` and writes the one to run on, through a rename, so that a crash leaves either.
 * @throws Error saying what to do when the file is not ours or the folder cannot be written.
 */
export async function persistOrigin(path: string, wall_ms: number, speed: number, seed: number): Promise<Origin> {
  const previous = await readOrigin(path);
  const origin = resumeOrigin(previous, wall_ms, speed, seed);
  const temporary = `${path}.${Deno.pid}.tmp`;
  try {
    await Deno.writeTextFile(temporary, `${JSON.stringify(origin)}\n`);
    await Deno.rename(temporary, path);
  } catch (error) {
    throw new Error(`Cannot keep the simulated clock in "${path}": ${message(error)}`, { cause: error });
  }
  return origin;
}

async function readOrigin(path: string): Promise<Origin | undefined> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new Error(`Cannot read the simulated clock from "${path}": ${message(error)}`, { cause: error });
  }
  const parsed = originSchema.safeParse(parseJson(text));
  if (!parsed.success) {
    throw new Error(`Cannot read the simulated clock from "${path}": it is damaged; delete it to start a new one`);
  }
  return parsed.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
