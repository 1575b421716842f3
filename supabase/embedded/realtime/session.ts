import type { Duplex } from "node:stream";
import type { Identity } from "./authority.ts";
import { Channel } from "./channel.ts";
import type { ChannelContext, ChannelOwner, Identified } from "./channel_context.ts";
import { Connection, type ConnectionContext } from "./connection.ts";
import { CLOSE } from "./frames.ts";
import type { FrameTarget } from "./hub.ts";
import { RateWindow } from "./limits.ts";
import { WIRE_PREFIX } from "./messages.ts";
import { type ClientMessage, decodeBinary, decodeText, replyFrame, type Version } from "./wire.ts";

/** The roles an API key can have. */
export type KeyRole = "anon" | "service_role";

/** Result of checking an access token; `expMs` is Unix ms. */
export type Authentication =
  | { ok: true; role: string; claims: Record<string, unknown>; expMs: number }
  | { ok: false; code: "InvalidJWTToken" | "MalformedJWT" | "InvalidJWTExpiration"; message: string };

/** What every session shares. */
export interface SessionContext extends ChannelContext, ConnectionContext {
  authenticate(token: string): Promise<Authentication>;
  /** The session's socket is gone. */
  onSessionGone(session: Session): void;
}

/** What the handshake said. */
export interface Handshake {
  version: Version;
  apiKey: string;
  keyRole: KeyRole;
  /** Headers policies may read, as JSON text. */
  headersJson: string;
}

// Our own tokens have about 1 kB; nobody needs to make us hash megabytes.
const TOKEN_LENGTH_MAX = 16_384;
const ONE_SECOND_MS = 1_000;

/** One socket's protocol: heartbeats, joins, and handing messages to its channels. */
export class Session implements ChannelOwner {
  readonly #context: SessionContext;
  readonly #handshake: Handshake;
  readonly #connection: Connection;
  readonly #channels = new Map<string, Channel>();
  readonly #messages: RateWindow;
  readonly #events: RateWindow;
  readonly #joins: RateWindow;

  constructor(socket: Duplex, context: SessionContext, handshake: Handshake) {
    const { limits } = context;
    this.#context = context;
    this.#handshake = handshake;
    this.#messages = new RateWindow(limits.messagesPerSecondMax, ONE_SECOND_MS);
    this.#events = new RateWindow(limits.eventsPerSecondMax, ONE_SECOND_MS);
    this.#joins = new RateWindow(limits.joinsPerSecondMax, ONE_SECOND_MS);
    this.#connection = new Connection(socket, handshake.version, context, {
      onText: (text) => this.#onMessage(decodeText(handshake.version, text)),
      onBinary: (bytes) => this.#onMessage(handshake.version === 2 ? decodeBinary(bytes) : null),
      onGone: () => this.#onGone(),
    });
  }

  get frames(): FrameTarget {
    return this.#connection;
  }

  /** Bytes waiting behind a slow reader. */
  get queuedBytes(): number {
    return this.#connection.queuedBytes;
  }

  /** Its private channels. */
  privateChannels(): Channel[] {
    return [...this.#channels.values()].filter((channel) => channel.private);
  }

  /** Takes bytes that came with the handshake. */
  read(chunk: Uint8Array): void {
    this.#connection.read(chunk);
  }

  /** Ends channels whose token expired, and the socket when its peer has fallen silent. */
  sweep(nowMs: number): void {
    if (nowMs - this.#connection.heardMs > this.#context.limits.idle_ms_max) {
      this.#connection.close(CLOSE.goingAway, "No heartbeat");
      return;
    }
    for (const channel of this.#channels.values()) {
      if (channel.expMs > nowMs) continue;
      channel.shutdown(`Token has expired ${Math.floor((nowMs - channel.expMs) / ONE_SECOND_MS)} seconds ago`);
    }
  }

  /** Closes the socket because the server stops. */
  close(): void {
    this.#connection.close(CLOSE.goingAway, "Server stops");
  }

  /** Drops the socket. */
  destroy(): void {
    this.#connection.destroy();
  }

  takeEvent(): boolean {
    return this.#events.take(this.#context.nowMs());
  }

  onChannelClosed(channel: Channel): void {
    if (this.#channels.get(channel.wireTopic) === channel) this.#channels.delete(channel.wireTopic);
  }

  async identify(token: string | null): Promise<Identified> {
    const { apiKey, keyRole, headersJson } = this.#handshake;
    if (token === null || token.startsWith("sb_") || token === apiKey) {
      const claimsJson = JSON.stringify({ role: keyRole });
      return { ok: true, identity: { role: keyRole, claimsJson, sub: "", expMs: Infinity, headersJson } };
    }
    if (token.length > TOKEN_LENGTH_MAX) {
      return { ok: false, code: "MalformedJWT", message: "The token provided is not a valid JWT" };
    }
    const checked = await this.#context.authenticate(token);
    if (!checked.ok) return checked;
    if (checked.expMs <= this.#context.nowMs()) {
      return { ok: false, code: "InvalidJWTToken", message: "Token has expired" };
    }
    return { ok: true, identity: toIdentity(checked, headersJson) };
  }

  #onMessage(message: ClientMessage | null): void {
    const { counters, nowMs } = this.#context;
    counters.messages_in++;
    if (!this.#messages.take(nowMs())) {
      this.#connection.close(CLOSE.policyViolation, "Too many messages per second");
    } else if (message === null) counters.dropped_in++;
    else if (message.topic === "phoenix") this.#onPhoenix(message);
    else if (message.event === "phx_join") this.#onJoin(message);
    else this.#onChannelMessage(message);
  }

  #onPhoenix(message: ClientMessage): void {
    if (message.event === "heartbeat") this.#connection.send(replyFrame(this.#handshake.version, message, "ok", {}));
    else this.#refuse(message, "unmatched topic");
  }

  #onJoin(message: ClientMessage): void {
    const { limits, counters, nowMs } = this.#context;
    if (!message.topic.startsWith(WIRE_PREFIX)) return this.#refuse(message, "unmatched topic");
    if (!this.#joins.take(nowMs())) {
      counters.join_refusals++;
      this.#refuse(message, "ClientJoinRateLimitReached: Too many joins per second");
      this.#connection.close(CLOSE.policyViolation, "Too many joins per second");
      return;
    }
    this.#channels.get(message.topic)?.close();
    if (this.#channels.size >= limits.channelsPerConnectionMax) {
      counters.join_refusals++;
      return this.#refuse(message, "ChannelRateLimitReached: Too many channels");
    }
    const channel = new Channel(this, this.#context, message);
    this.#channels.set(message.topic, channel);
    channel.start();
  }

  #onChannelMessage(message: ClientMessage): void {
    const channel = this.#channels.get(message.topic);
    if (channel !== undefined) channel.receive(message);
    else if (message.event === "phx_leave") {
      this.#connection.send(replyFrame(this.#handshake.version, message, "ok", {}));
    } else this.#refuse(message, "unmatched topic");
  }

  #refuse(message: ClientMessage, reason: string): void {
    this.#connection.send(replyFrame(this.#handshake.version, message, "error", { reason }));
  }

  #onGone(): void {
    for (const channel of this.#channels.values()) channel.discard();
    this.#context.onSessionGone(this);
  }
}

function toIdentity(checked: Authentication & { ok: true }, headersJson: string): Identity {
  const { role, claims, expMs } = checked;
  const sub = typeof claims.sub === "string" ? claims.sub : "";
  return { role, claimsJson: JSON.stringify(claims), sub, expMs, headersJson };
}
