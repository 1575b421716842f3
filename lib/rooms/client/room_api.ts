import type { Code } from "../../kernel/codes.ts";

/** A request that takes longer counts as lost. */
const REQUEST_ms_MAX = 10_000;

/** Why a room did not do what it was asked; `lost` is a request that nobody knows the end of. */
export interface Refused {
  ok: false;
  code: Code | "lost";
  /** Seconds to wait, where the room says so. */
  retryAfter_s: number | null;
}

/** An answer of a room's API. */
export type RoomAnswer = { ok: true; data: Record<string, unknown> } | Refused;

/** Asks a room something; never throws. */
export type CallRoom = (method: "GET" | "POST" | "DELETE", path: string, body?: object) => Promise<RoomAnswer>;

/**
 * Calls the API of rooms over HTTP.
 * @param path below `/api/v1/`.
 */
export const callRoom: CallRoom = async (method, path, body) => {
  try {
    const response = await fetch(`/api/v1/${path}`, {
      method,
      headers: { accept: "application/json", ...body ? { "content-type": "application/json" } : {} },
      ...body ? { body: JSON.stringify(body) } : {},
      signal: AbortSignal.timeout(REQUEST_ms_MAX),
    });
    const data = await response.json();
    if (response.ok) return { ok: true, data };
    // What a proxy says while we are away is no word of ours: the request may have been done.
    const code = response.status < 500 && typeof data?.code === "string" ? data.code : "lost";
    return { ok: false, code, retryAfter_s: Number(response.headers.get("retry-after")) || null };
  } catch {
    return { ok: false, code: "lost", retryAfter_s: null };
  }
};
