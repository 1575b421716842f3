import type { StoredMessage } from "./source.ts";
import {
  bytesBroadcast,
  type ClientMessage,
  messageJson,
  type MessageMeta,
  Outgoing,
  textBroadcast,
  textFrame,
} from "./wire.ts";

/** Prefix every topic has on the wire. */
export const WIRE_PREFIX = "realtime:";

/** Which broadcasts a lagging socket may lose to newer ones of the same key. */
export interface ConflationRule {
  topicPrefix: string;
  event: string;
  /**
   * Field of the payload that is part of the key: with a candle's open time `t`, a candle's forming
   * states give way to its close, but no candle's close to the next candle.
   */
  keyField: string;
}

/** The frame key under `rules`; null when the broadcast must not be dropped. */
export function conflationKey(
  rules: readonly ConflationRule[],
  topic: string,
  event: string,
  payload: unknown,
): string | null {
  for (const rule of rules) {
    if (event !== rule.event || !topic.startsWith(rule.topicPrefix)) continue;
    const value = (payload as Record<string, unknown> | null)?.[rule.keyField];
    if (typeof value === "string" || typeof value === "number") return `${topic}\n${event}\n${value}`;
  }
  return null;
}

/** A stored message as subscribers get it; null when its names do not fit a frame. */
export function storedBroadcast(message: StoredMessage, replayed: boolean): Outgoing | null {
  const meta: MessageMeta = replayed ? { id: message.id, replayed: true } : { id: message.id };
  const wireTopic = WIRE_PREFIX + message.topic;
  if (message.payload !== null) return textBroadcast(wireTopic, message.event, message.payload, meta);
  return bytesBroadcast(wireTopic, message.event, false, message.binary_payload ?? new Uint8Array(0), meta);
}

/**
 * What a client's broadcast looks like to the others: the payload it pushed, unchanged. Null when it is
 * no broadcast.
 */
export function clientBroadcast(
  message: ClientMessage,
  rules: readonly ConflationRule[],
  payloadBytesMax: number,
): Outgoing | "payload_size_exceeded" | null {
  const { binary, topic: wireTopic } = message;
  if (binary !== null) {
    if (binary.payload.length > payloadBytesMax) return "payload_size_exceeded";
    return bytesBroadcast(wireTopic, binary.event, binary.json, binary.payload);
  }
  if (typeof message.payload !== "object" || message.payload === null || Array.isArray(message.payload)) return null;
  const payload = message.payload as Record<string, unknown>;
  const json = JSON.stringify(payload);
  if (json.length > payloadBytesMax) return "payload_size_exceeded";
  const event = typeof payload.event === "string" ? payload.event : "";
  const key = conflationKey(rules, wireTopic.slice(WIRE_PREFIX.length), event, payload.payload);
  return new Outgoing((version) => textFrame(messageJson(version, null, null, wireTopic, "broadcast", json), key));
}
