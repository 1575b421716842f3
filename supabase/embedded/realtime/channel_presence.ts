import { type Limits, RateWindow } from "./limits.ts";
import type { Presence } from "./presence.ts";

/** A `presence` push: a payload to track, or the wish to be forgotten. */
export type PresencePush = { ok: true; track: Record<string, unknown> | null } | { ok: false; reason: string };

/** Reads a `presence` push's payload `{event: "track" | "untrack", payload}`. */
export function parsePresencePush(pushed: unknown): PresencePush {
  const { event, payload } = pushed as { event?: unknown; payload?: unknown };
  const name = typeof event === "string" ? event.toLowerCase() : "";
  if (name === "untrack") return { ok: true, track: null };
  if (name !== "track") return { ok: false, reason: "Unknown presence event" };
  const meta = payload ?? {};
  if (typeof meta !== "object" || Array.isArray(meta)) {
    return { ok: false, reason: "Presence track payload must be a map" };
  }
  return { ok: true, track: meta as Record<string, unknown> };
}

/** What one channel has told about its presence: one payload at a time, a few calls in half a minute. */
export class ChannelPresence {
  readonly #presence: Presence;
  readonly #payloadBytesMax: number;
  readonly #calls: RateWindow;
  readonly #key: string;
  readonly #wireTopic: string;
  readonly #presenceKey: string;
  #tracked: { ref: string; json: string } | null = null;

  constructor(presence: Presence, limits: Limits, key: string, wireTopic: string, presenceKey: string) {
    this.#presence = presence;
    this.#payloadBytesMax = limits.payloadBytesMax;
    this.#calls = new RateWindow(limits.presenceCallsMax, limits.presenceWindow_ms);
    this.#key = key;
    this.#wireTopic = wireTopic;
    this.#presenceKey = presenceKey || crypto.randomUUID();
  }

  /** Whether one more call fits the window. */
  takeCall(nowMs: number): boolean {
    return this.#calls.take(nowMs);
  }

  /** Tracks `meta` in place of what was tracked before; false when it is too large. */
  track(meta: Record<string, unknown>): boolean {
    const json = JSON.stringify(meta);
    if (json.length > this.#payloadBytesMax) return false;
    if (this.#tracked?.json === json) return true;
    const previous = this.#tracked?.ref ?? null;
    const ref = this.#presence.track(this.#key, this.#wireTopic, this.#presenceKey, meta, previous);
    this.#tracked = { ref, json };
    return true;
  }

  /** Forgets what was tracked. */
  untrack(): void {
    if (this.#tracked === null) return;
    this.#presence.untrack(this.#key, this.#presenceKey, this.#tracked.ref);
    this.#tracked = null;
  }

  /** Who is present on the topic, as the JSON text of a `presence_state`. */
  stateJson(): string {
    return this.#presence.stateJson(this.#key);
  }
}
