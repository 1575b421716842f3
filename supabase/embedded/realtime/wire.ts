import { decodeUtf8, encodeFrame, OPCODE } from "./frames.ts";
import type { Frame } from "./outbox.ts";

/** Frame version of a socket: `vsn=1.0.0` speaks objects, `vsn=2.0.0` arrays and binary broadcasts. */
export type Version = 1 | 2;

/** References are echoed as they came; stock clients send decimal strings. */
export type Ref = string | number | null;

/** A broadcast pushed as a binary frame (kind 3). */
export interface BinaryBroadcast {
  event: string;
  json: boolean;
  /** The user's payload; UTF-8 JSON text when `json`. */
  payload: Uint8Array;
  metadata: string;
}

/** What a client sent, of either version. */
export interface ClientMessage {
  joinRef: Ref;
  ref: Ref;
  topic: string;
  event: string;
  payload: unknown;
  /** Set for binary frames; `payload` is then null. */
  binary: BinaryBroadcast | null;
}

const REF_LENGTH_MAX = 255;
const KIND_BROADCAST_PUSH = 3;
const KIND_BROADCAST = 4;
const PUSH_HEADER_BYTES = 7;
const BROADCAST_HEADER_BYTES = 5;
const BYTE_LENGTH_MAX = 255;
const encoder = new TextEncoder();

/** Reads a text frame; null when it is no message of `version`. */
export function decodeText(version: Version, text: string): ClientMessage | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (version === 2) {
    if (!Array.isArray(value) || value.length < 5) return null;
    const [joinRef, ref, topic, event, payload] = value as unknown[];
    return message(joinRef, ref, topic, event, payload);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const { join_ref, ref, topic, event, payload } = value as Record<string, unknown>;
  return message(join_ref, ref, topic, event, payload);
}

function message(
  joinRef: unknown,
  ref: unknown,
  topic: unknown,
  event: unknown,
  payload: unknown,
): ClientMessage | null {
  if (typeof topic !== "string" || typeof event !== "string") return null;
  if (!isRef(joinRef) || !isRef(ref)) return null;
  return { joinRef: joinRef ?? null, ref: ref ?? null, topic, event, payload: payload ?? {}, binary: null };
}

function isRef(value: unknown): value is Ref | undefined {
  return value === undefined || value === null || typeof value === "number" ||
    (typeof value === "string" && value.length <= REF_LENGTH_MAX);
}

/** Reads a binary frame of kind 3; null when lengths, encoding, UTF-8 or JSON are wrong. */
export function decodeBinary(bytes: Uint8Array): ClientMessage | null {
  if (bytes.length < PUSH_HEADER_BYTES || bytes[0] !== KIND_BROADCAST_PUSH) return null;
  const encoding = bytes[6];
  if (encoding !== 0 && encoding !== 1) return null;
  const fields: string[] = [];
  let offset = PUSH_HEADER_BYTES;
  for (let i = 1; i <= 5; i++) {
    const end = offset + (bytes[i] as number);
    if (end > bytes.length) return null;
    const field = decodeUtf8(bytes.subarray(offset, end));
    if (field === null) return null;
    fields.push(field);
    offset = end;
  }
  const [joinRef = "", ref = "", topic = "", event = "", metadata = ""] = fields;
  const payload = bytes.subarray(offset);
  // Stock clients parse what we pass on: text that is no JSON would throw in everybody's page.
  if (encoding === 1 && !isJson(payload)) return null;
  return {
    joinRef: joinRef || null,
    ref: ref || null,
    topic,
    event: "broadcast",
    payload: null,
    binary: { event, json: encoding === 1, payload, metadata },
  };
}

function isJson(bytes: Uint8Array): boolean {
  const text = decodeUtf8(bytes);
  if (text === null) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** A text frame holding `json`. */
export function textFrame(json: string, conflationKey: string | null = null): Frame {
  return { bytes: encodeFrame(OPCODE.text, encoder.encode(json)), conflationKey };
}

/** A server message of either version. `payloadJson` is JSON text. */
export function messageJson(
  version: Version,
  joinRef: Ref,
  ref: Ref,
  topic: string,
  event: string,
  payloadJson: string,
): string {
  return version === 2
    ? `[${JSON.stringify(joinRef)},${JSON.stringify(ref)},${JSON.stringify(topic)},${
      JSON.stringify(event)
    },${payloadJson}]`
    : `{"topic":${JSON.stringify(topic)},"event":${JSON.stringify(event)},"payload":${payloadJson},"ref":${
      JSON.stringify(ref)
    }}`;
}

/** A `phx_reply`. */
export function replyFrame(
  version: Version,
  to: ClientMessage,
  status: "ok" | "error",
  response: Record<string, unknown>,
): Frame {
  const payload = JSON.stringify({ status, response });
  return textFrame(messageJson(version, to.joinRef, to.ref, to.topic, "phx_reply", payload));
}

/** A message every subscriber gets alike: each version's frame is made on first use, then shared. */
export class Outgoing {
  readonly #make: (version: Version) => Frame | null;
  readonly #frames: [Frame | null | undefined, Frame | null | undefined] = [undefined, undefined];
  /** Id of the stored message it came from; null for others. */
  readonly id: string | null;

  constructor(make: (version: Version) => Frame | null, id: string | null = null) {
    this.#make = make;
    this.id = id;
  }

  /** The frame for sockets of `version`; null when that version cannot say it. */
  frame(version: Version): Frame | null {
    const made = this.#frames[version - 1];
    if (made !== undefined) return made;
    return this.#frames[version - 1] = this.#make(version);
  }
}

/** Meta of a stored message. */
export interface MessageMeta {
  id: string;
  replayed?: true;
}

/** A broadcast as text: from REST batches, the database, and clients that push text frames. `payloadJson` is JSON text. */
export function textBroadcast(
  wireTopic: string,
  event: string,
  payloadJson: string,
  meta: MessageMeta | null = null,
  conflationKey: string | null = null,
): Outgoing {
  const metaJson = meta === null ? "" : `,"meta":${JSON.stringify(meta)}`;
  const body = `{"type":"broadcast","event":${JSON.stringify(event)},"payload":${payloadJson}${metaJson}}`;
  return new Outgoing(
    (version) => textFrame(messageJson(version, null, null, wireTopic, "broadcast", body), conflationKey),
    meta?.id ?? null,
  );
}

/**
 * A broadcast whose payload is bytes: kind 4 for version 2; for version 1 JSON, or nothing where the
 * payload is binary, which version 1 cannot carry. Null when a name exceeds its length byte.
 */
export function bytesBroadcast(
  wireTopic: string,
  event: string,
  json: boolean,
  payload: Uint8Array,
  meta: MessageMeta | null = null,
  conflationKey: string | null = null,
): Outgoing | null {
  const topicBytes = encoder.encode(wireTopic);
  const eventBytes = encoder.encode(event);
  const metaBytes = encoder.encode(meta === null ? "" : JSON.stringify(meta));
  if (topicBytes.length > BYTE_LENGTH_MAX || eventBytes.length > BYTE_LENGTH_MAX) return null;
  return new Outgoing((version) => {
    if (version === 1) return json ? textFromBytes(wireTopic, event, payload, meta, conflationKey) : null;
    const header = [KIND_BROADCAST, topicBytes.length, eventBytes.length, metaBytes.length, json ? 1 : 0];
    const names = topicBytes.length + eventBytes.length + metaBytes.length;
    const bytes = new Uint8Array(BROADCAST_HEADER_BYTES + names + payload.length);
    bytes.set(header);
    bytes.set(topicBytes, BROADCAST_HEADER_BYTES);
    bytes.set(eventBytes, BROADCAST_HEADER_BYTES + topicBytes.length);
    bytes.set(metaBytes, BROADCAST_HEADER_BYTES + topicBytes.length + eventBytes.length);
    bytes.set(payload, BROADCAST_HEADER_BYTES + names);
    return { bytes: encodeFrame(OPCODE.binary, bytes), conflationKey };
  }, meta?.id ?? null);
}

function textFromBytes(
  wireTopic: string,
  event: string,
  payload: Uint8Array,
  meta: MessageMeta | null,
  conflationKey: string | null,
): Frame | null {
  const text = decodeUtf8(payload);
  return text === null ? null : textBroadcast(wireTopic, event, text, meta, conflationKey).frame(1);
}
