import { z } from "zod";
import type { Authority, Identity } from "./authority.ts";
import type { Channel } from "./channel.ts";
import { type Addressed, type Hub, topicKey } from "./hub.ts";
import { type Limits, RateWindow } from "./limits.ts";
import { conflationKey, type ConflationRule, WIRE_PREFIX } from "./messages.ts";
import type { Counters } from "./metrics.ts";
import type { Authentication, KeyRole } from "./session.ts";
import { bytesBroadcast, type Outgoing, textBroadcast } from "./wire.ts";

/** What the REST door shares with the sockets. */
export interface RestContext {
  hub: Hub<Channel>;
  authority: Authority;
  limits: Limits;
  counters: Counters;
  conflation: readonly ConflationRule[];
  nowMs(): number;
  authenticate(token: string): Promise<Authentication>;
  roleOfApiKey(key: string): KeyRole | null;
}

/** A request's headers; names are asked for in lower case. */
export interface HeaderReader {
  get(name: string): string | null;
}

const required = { error: "can't be blank" };
/** A message of a batch. */
export const messageSchema = z.object({
  topic: z.string(required).min(1, required),
  event: z.string(required).min(1, required),
  // Not copied: only its being an object matters here.
  payload: z.custom<Record<string, unknown>>(
    (value) => typeof value === "object" && value !== null && !Array.isArray(value),
    required,
  ),
  private: z.boolean("is invalid").nullish(),
});
const messagesSchema = z.array(messageSchema);
/** See {@link messageSchema}. */
export type BatchMessage = z.infer<typeof messageSchema>;

const SINGLE_PATH = /^\/realtime\/v1\/api\/broadcast\/([^/]+)\/events\/([^/]+)\/?$/;
/** The address batches go to. */
export const BATCH_PATH = /^\/realtime\/v1\/api\/broadcast\/?$/;
const TOKEN_LENGTH_MAX = 16_384;
// Distinct private topics of one batch, each a permission check, for callers without the secret key.
const PRIVATE_TOPICS_MAX = 100;
const ONE_SECOND_MS = 1_000;

/** Serves the two ways to broadcast over HTTP. */
export class RestBroadcast {
  readonly #context: RestContext;
  readonly #rate: RateWindow;

  constructor(context: RestContext) {
    this.#context = context;
    this.#rate = new RateWindow(context.limits.restMessagesPerSecondMax, ONE_SECOND_MS);
  }

  /** Answers a request under `/realtime/v1/api/broadcast`; null when it is for another address. */
  async handle(request: Request): Promise<Response | null> {
    const url = new URL(request.url);
    const single = SINGLE_PATH.exec(url.pathname);
    if (single === null && !BATCH_PATH.test(url.pathname)) return null;
    if (request.method !== "POST") return refuse(405, "Method not allowed", { Allow: "POST" });
    if (single === null) {
      const { restBodyBytesMax } = this.#context.limits;
      const answer = await this.batch(request.headers, () => readBody(request, restBodyBytesMax));
      return answer === "accepted" ? accepted() : answer;
    }
    const identified = await this.identify(request.headers);
    if (identified instanceof Response) return identified;
    const topic = decodeName(single[1]);
    const event = decodeName(single[2]);
    if (topic === null || event === null) return refuse(400, "The address is malformed");
    return await this.#single(request, url, identified, topic, event);
  }

  /** Who calls: the access token, else the key. A 401 answer when neither is valid. */
  async identify(headers: HeaderReader): Promise<Identity | Response> {
    const { authenticate, roleOfApiKey, nowMs } = this.#context;
    const bearer = /^Bearer\s+(\S+)$/i.exec(headers.get("authorization") ?? "")?.[1] ?? null;
    const apiKey = headers.get("apikey") ?? headers.get("x-api-key") ?? bearer ?? "";
    const keyRole = apiKey === "" ? null : roleOfApiKey(apiKey);
    if (keyRole === null) return refuse(401, "Invalid API key");
    if (bearer === null || bearer === apiKey || bearer.startsWith("sb_")) {
      const claimsJson = JSON.stringify({ role: keyRole });
      return { role: keyRole, claimsJson, sub: "", expMs: Infinity, headersJson: "{}" };
    }
    if (bearer.length > TOKEN_LENGTH_MAX) return refuse(401, "The token provided is not a valid JWT");
    const checked = await authenticate(bearer);
    if (!checked.ok) return refuse(401, checked.message);
    const { role, claims, expMs } = checked;
    if (expMs <= nowMs()) return refuse(401, "Token has expired");
    const sub = typeof claims.sub === "string" ? claims.sub : "";
    return { role, claimsJson: JSON.stringify(claims), sub, expMs, headersJson: "{}" };
  }

  /** Broadcasts what a batch's body holds, read once the caller is known; null is one too large to read. */
  async batch(headers: HeaderReader, read: () => Promise<Uint8Array | null>): Promise<Response | "accepted"> {
    const identity = await this.identify(headers);
    if (identity instanceof Response) return identity;
    if (!isType(headers, "application/json")) return refuse(415, "Unsupported media type");
    const body = await read();
    if (body === null || body.length > this.#context.limits.restBodyBytesMax) {
      return refuse(413, "Request body is too large");
    }
    const parsed = parseBatch(body);
    if (!parsed.ok) return Response.json(parsed.body, { status: parsed.status });
    const { messages } = parsed;
    const refusal = this.#refuseRate(identity, messages.length);
    if (refusal !== null) return refusal;
    const tooLarge = this.#refuseNames(messages);
    if (tooLarge !== null) return tooLarge;
    const writable = await this.#writableTopics(identity, messages);
    if (writable instanceof Response) return writable;
    const { hub, counters } = this.#context;
    const broadcasts: Addressed[] = [];
    for (const message of messages) {
      const allowed = !message.private || writable === "all" || writable.has(message.topic);
      if (!allowed) {
        counters.dropped_in++;
        continue;
      }
      counters.messages_in++;
      const key = topicKey(message.topic, message.private ?? false);
      // Nobody listens: not worth making text of.
      if (hub.subscribers(key).length > 0) broadcasts.push({ key, message: this.#outgoing(message) });
    }
    hub.broadcastAll(broadcasts);
    return "accepted";
  }

  #outgoing({ topic, event, payload }: BatchMessage): Outgoing {
    const frameKey = conflationKey(this.#context.conflation, topic, event, payload);
    return textBroadcast(WIRE_PREFIX + topic, event, JSON.stringify(payload), null, frameKey);
  }

  /** The private topics of a batch that `identity` may write to. */
  async #writableTopics(identity: Identity, messages: BatchMessage[]): Promise<Set<string> | "all" | Response> {
    if (identity.role === "service_role") return "all";
    const topics = new Set(messages.filter((message) => message.private).map((message) => message.topic));
    if (topics.size > PRIVATE_TOPICS_MAX) return refuse(429, "Too many private topics, please reduce the batch size");
    const checks = [...topics].map(async (topic) => {
      const checked = await this.#context.authority.write(identity, topic, "broadcast");
      if (!checked.ok || !checked.value) topics.delete(topic);
    });
    await Promise.all(checks);
    return topics;
  }

  async #single(request: Request, url: URL, identity: Identity, topic: string, event: string): Promise<Response> {
    const { authority, limits, hub, counters, conflation } = this.#context;
    const json = isType(request.headers, "application/json");
    if (!json && !isType(request.headers, "application/octet-stream")) return refuse(415, "Unsupported media type");
    if ([...url.searchParams.keys()].some((name) => name.startsWith("persist"))) {
      return Response.json({ errors: { persist: ["is not supported"] } }, { status: 422 });
    }
    const body = await readBody(request, limits.payloadBytesMax);
    if (body === null) return refuse(413, "Request body is too large");
    const payload = json ? parseObject(body) : null;
    if (json && payload === null) return Response.json({ errors: { payload: ["is invalid"] } }, { status: 422 });
    const refusal = this.#refuseRate(identity, 1);
    if (refusal !== null) return refusal;
    const isPrivate = url.searchParams.get("private") === "true";
    if (isPrivate) {
      const checked = await authority.write(identity, topic, "broadcast");
      if (!checked.ok) return refuse(503, checked.message);
      if (!checked.value) return refuse(403, "Unauthorized");
    }
    const frameKey = conflationKey(conflation, topic, event, payload);
    const message = bytesBroadcast(WIRE_PREFIX + topic, event, json, body, null, frameKey);
    if (message === null) return Response.json({ errors: { topic: ["is too long"] } }, { status: 422 });
    counters.messages_in++;
    hub.broadcast(topicKey(topic, isPrivate), message);
    return accepted();
  }

  /** The secret key is the operator's own: only its batch size is limited. */
  #refuseRate(identity: Identity, messages: number): Response | null {
    const { limits, nowMs } = this.#context;
    if (messages > limits.restBatchMessagesMax) {
      return refuse(429, "Too many messages to broadcast, please reduce the batch size");
    }
    if (identity.role === "service_role" || this.#rate.take(nowMs(), messages)) return null;
    return refuse(429, "You have exceeded your rate limit");
  }

  #refuseNames(messages: BatchMessage[]): Response | null {
    const { topicBytesMax } = this.#context.limits;
    const longest = topicBytesMax - WIRE_PREFIX.length;
    if (messages.every((message) => fits(message.topic, longest) && fits(message.event, topicBytesMax))) return null;
    const errors = messages.map((message) => ({
      ...(fits(message.topic, longest) ? {} : { topic: ["is too long"] }),
      ...(fits(message.event, topicBytesMax) ? {} : { event: ["is too long"] }),
    }));
    return Response.json({ errors: { messages: errors } }, { status: 422 });
  }
}

const encoder = new TextEncoder();

function fits(name: string, bytesMax: number): boolean {
  // Most names are short: three bytes a UTF-16 unit is the most UTF-8 takes.
  return name.length * 3 <= bytesMax || encoder.encode(name).length <= bytesMax;
}

function accepted(): Response {
  return new Response(null, { status: 202 });
}

/** An error as hosted Realtime words it: clients read `error` or `message`. */
export function refuse(status: number, error: string, headers: Record<string, string> = {}): Response {
  return Response.json({ error, message: error }, { status, headers });
}

function isType(headers: HeaderReader, type: string): boolean {
  return headers.get("content-type")?.split(";")[0]?.trim().toLowerCase() === type;
}

function decodeName(text: string | undefined): string | null {
  try {
    return decodeURIComponent(text ?? "");
  } catch {
    return null;
  }
}

/** Reads at most `bytesMax`; null when the body is larger. */
async function readBody(request: Request, bytesMax: number): Promise<Uint8Array | null> {
  const declared = Number(request.headers.get("content-length") ?? NaN);
  if (declared > bytesMax) {
    await request.body?.cancel();
    return null;
  }
  // Whoever declares a length is held to it by the HTTP server: no need to count a stream's chunks.
  if (declared <= bytesMax) return await request.bytes();
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of request.body ?? []) {
    length += part.length;
    if (length > bytesMax) return null;
    parts.push(part);
  }
  const body = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    body.set(part, offset);
    offset += part.length;
  }
  return body;
}

const decoder = new TextDecoder("utf-8", { fatal: true });

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(body));
  } catch {
    return undefined;
  }
}

function parseObject(body: Uint8Array): Record<string, unknown> | null {
  const value = parseJson(body);
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value as Record<string, unknown> : null;
}

/** Whether {@link messageSchema} takes `item`, for what nearly all say; what fails here is for the schema to judge. */
function isPlainMessage(item: unknown): item is BatchMessage {
  if (typeof item !== "object" || item === null || Array.isArray(item)) return false;
  const { topic, event, payload, private: isPrivate } = item as Record<string, unknown>;
  return typeof topic === "string" && topic !== "" && typeof event === "string" && event !== "" &&
    typeof payload === "object" && payload !== null && !Array.isArray(payload) &&
    (isPrivate === undefined || isPrivate === null || typeof isPrivate === "boolean");
}

/** See {@link parseBatch}. */
export type BatchParse = { ok: true; messages: BatchMessage[] } | { ok: false; status: number; body: unknown };

/** What a batch's body holds; its errors are worded as hosted Realtime words them. */
export function parseBatch(body: Uint8Array): BatchParse {
  const value = parseJson(body);
  if (value === undefined) {
    return { ok: false, status: 400, body: { error: "The body is no JSON", message: "The body is no JSON" } };
  }
  const list = (value as { messages?: unknown } | null)?.messages;
  if (!Array.isArray(list) || list.length === 0) {
    const problem = list === undefined || list === null || Array.isArray(list) ? "can't be blank" : "is invalid";
    return { ok: false, status: 422, body: { errors: { messages: [problem] } } };
  }
  if (list.every(isPlainMessage)) return { ok: true, messages: list };
  const all = messagesSchema.safeParse(list);
  if (all.success) return { ok: true, messages: all.data };
  const errors = list.map((item) => {
    const parsed = messageSchema.safeParse(item);
    return parsed.success ? {} : z.flattenError(parsed.error).fieldErrors;
  });
  return { ok: false, status: 422, body: { errors: { messages: errors } } };
}
