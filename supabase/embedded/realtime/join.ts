import { z } from "zod";
import type { Limits } from "./limits.ts";

/** Hosted Realtime takes booleans as text, too. */
const flag = z.union([
  z.boolean(),
  z.string().toLowerCase().pipe(z.enum(["true", "false"])).transform((text) => text === "true"),
]);
const optionalFlag = (otherwise: boolean) => flag.nullish().transform((value) => value ?? otherwise);

const broadcastSchema = z.object({
  ack: optionalFlag(false),
  self: optionalFlag(false),
  replication_ready: optionalFlag(false),
  replay: z.unknown().optional(),
});
const presenceSchema = z.object({
  enabled: optionalFlag(true),
  key: z.union([z.string(), z.number().transform(String)]).nullish().transform((key) => key ?? ""),
});
const configSchema = z.object({
  broadcast: broadcastSchema.nullish(),
  presence: presenceSchema.nullish(),
  postgres_changes: z.array(z.record(z.string(), z.unknown()).nullable()).nullish(),
  postgres_changes_options: z.object({
    wait: optionalFlag(false),
    timeout: z.int().positive().nullish(),
  }).nullish(),
  private: optionalFlag(false),
});
const joinSchema = z.object({
  config: configSchema.nullish(),
  access_token: z.unknown().optional(),
  user_token: z.unknown().optional(),
});
const replaySchema = z.object({
  since: z.int().nonnegative().max(8.64e15).nullish(),
  limit: z.int().nullish(),
});

// As hosted: what a client that sets `wait` waits by default and at most.
const CHANGES_WAIT_MS = 15_000;
const CHANGES_WAIT_MS_MAX = 20_000;

/** What a `phx_join` asks for, defaults filled in. */
export interface JoinRequest {
  private: boolean;
  ack: boolean;
  self: boolean;
  replicationReady: boolean;
  /** As sent; {@link parseReplay} reads it once the channel may be read. */
  replay: unknown;
  presenceEnabled: boolean;
  /** Empty: the server chooses one. */
  presenceKey: string;
  postgresChanges: Record<string, unknown>[];
  /** Null: the reply does not wait for the changes. */
  changesOptions: ChangesOptions | null;
  /** Null when the socket's key speaks for the channel. */
  accessToken: string | null;
}

/** How long a join's reply may wait for its `postgres_changes`. */
export interface ChangesOptions {
  timeout_ms: number;
}

/** A parsed join, or why it is none. */
export type JoinParse = { ok: true; join: JoinRequest } | { ok: false; message: string };

/**
 * Reads a join's payload. A value of the wrong type refuses the join: hosted Realtime would go on with
 * the defaults, and a private channel asked for with `private: "maybe"` would be public.
 */
export function parseJoin(payload: unknown): JoinParse {
  const parsed = joinSchema.safeParse(payload);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return { ok: false, message: `unable to parse "${issue?.path.join(".") || "payload"}"` };
  }
  const { config, access_token, user_token } = parsed.data;
  const token = user_token ?? access_token;
  return {
    ok: true,
    join: {
      private: config?.private ?? false,
      ack: config?.broadcast?.ack ?? false,
      self: config?.broadcast?.self ?? false,
      replicationReady: config?.broadcast?.replication_ready ?? false,
      replay: config?.broadcast?.replay ?? null,
      presenceEnabled: config?.presence?.enabled ?? true,
      presenceKey: config?.presence?.key ?? "",
      postgresChanges: (config?.postgres_changes ?? []).filter((change) => change !== null),
      changesOptions: config?.postgres_changes_options?.wait
        ? { timeout_ms: Math.min(config.postgres_changes_options.timeout ?? CHANGES_WAIT_MS, CHANGES_WAIT_MS_MAX) }
        : null,
      accessToken: typeof token === "string" ? token : null,
    },
  };
}

/** Reads `replay: {since, limit}`: `since` Unix ms, `limit` cut to 1…`limitMax`; null when malformed. */
export function parseReplay(value: unknown, limitMax: number): { sinceMs: number; limit: number } | null {
  const parsed = replaySchema.safeParse(value);
  if (!parsed.success) return null;
  const { since, limit } = parsed.data;
  return { sinceMs: since ?? 0, limit: Math.max(1, Math.min(limit ?? limitMax, limitMax)) };
}

/** Why a join is refused, as `Code: text`. */
export interface Refusal {
  code: string;
  message: string;
}

const encoder = new TextEncoder();

/** Refuses what no identity could be granted; null when there is nothing to refuse. */
export function refuseRequest(join: JoinRequest, limits: Limits, privateOnly: boolean): Refusal | null {
  if (privateOnly && !join.private) {
    return { code: "PrivateOnly", message: "This project only allows private channels" };
  }
  if (encoder.encode(join.presenceKey).length > limits.presenceKeyBytesMax) {
    return { code: "InvalidJoinPayload", message: `A presence key has at most ${limits.presenceKeyBytesMax} bytes` };
  }
  if (join.postgresChanges.length > limits.changesPerChannelMax) {
    const message = `A channel has at most ${limits.changesPerChannelMax} entries of postgres_changes`;
    return { code: "InvalidJoinPayload", message };
  }
  if (join.replay === null) return null;
  if (!join.private) return { code: "UnableToReplayMessages", message: "Replay is not allowed for public channels" };
  if (parseReplay(join.replay, limits.replayMessagesMax) === null) {
    return { code: "UnableToReplayMessages", message: "Replay params are not valid" };
  }
  return null;
}
