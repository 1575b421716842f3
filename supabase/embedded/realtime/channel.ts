import type { Extension, Identity, ReadGrants, Urgency } from "./authority.ts";
import { Subscriber, topicKey } from "./hub.ts";
import { type JoinRequest, parseJoin, parseReplay, type Refusal, refuseRequest } from "./join.ts";
import { ChannelChanges } from "./channel_changes.ts";
import type { ChannelContext, ChannelOwner } from "./channel_context.ts";
import { ChannelPresence, parsePresencePush } from "./channel_presence.ts";
import { clientBroadcast, storedBroadcast, WIRE_PREFIX } from "./messages.ts";
import type { StoredMessage } from "./source.ts";
import { type ClientMessage, messageJson, type Outgoing, type Ref, replyFrame, textFrame } from "./wire.ts";

// A permission signal may arrive during a check: its answer is then asked for again.
const STALE_RETRIES_MAX = 5;
const NOTHING_REPLAYED: ReadonlySet<string> = new Set();

/** One joined (or joining) topic of one connection. Its messages are handled one after another. */
export class Channel extends Subscriber {
  readonly #owner: ChannelOwner;
  readonly #context: ChannelContext;
  readonly #joinMessage: ClientMessage;
  readonly #joinRef: Ref;
  readonly #inbox: ClientMessage[] = [];
  readonly topic: string;
  #key = "";
  #join: JoinRequest | null = null;
  #identity: Identity | null = null;
  #closed = false;
  #busy = false;
  #token: string | null = null;
  #mayWrite: Record<Extension, boolean | null> = { broadcast: null, presence: null };
  #presenceEnabled = false;
  /** Null until the channel has entered. */
  #presence: ChannelPresence | null = null;
  #changes: ChannelChanges | null = null;

  constructor(owner: ChannelOwner, context: ChannelContext, joinMessage: ClientMessage) {
    super(owner.frames, false, false);
    this.#owner = owner;
    this.#context = context;
    this.#joinMessage = joinMessage;
    this.#joinRef = joinMessage.joinRef ?? joinMessage.ref;
    this.topic = joinMessage.topic.slice(WIRE_PREFIX.length);
  }

  /** The topic as it stands on the wire. */
  get wireTopic(): string {
    return this.#joinMessage.topic;
  }

  /** Whether policies decide on it. */
  get private(): boolean {
    return this.#join?.private ?? false;
  }

  /** Whose token it has; empty for an API key's. */
  get sub(): string {
    return this.#identity?.sub ?? "";
  }

  /** When its token expires, Unix ms. */
  get expMs(): number {
    return this.#identity?.expMs ?? Infinity;
  }

  /** Starts the join; it ends in one reply. */
  start(): void {
    this.#run(this.#enter());
  }

  /** Takes a client's message on this topic, in turn. */
  receive(message: ClientMessage): void {
    if (this.#closed) return;
    if (this.#busy) {
      if (this.#inbox.length < this.#context.limits.channelInboxMax) this.#inbox.push(message);
      else this.#context.counters.dropped_in++;
      return;
    }
    const pending = this.#handle(message);
    if (pending !== null) this.#run(pending);
  }

  #run(pending: Promise<void>): void {
    this.#busy = true;
    pending.catch(() => this.shutdown("Unknown Error on Channel")).then(() => {
      this.#busy = false;
      while (!this.#busy && !this.#closed) {
        const next = this.#inbox.shift();
        if (next === undefined) return;
        this.receive(next);
      }
    });
  }

  async #enter(): Promise<void> {
    const refusal = await this.#tryEnter();
    if (refusal === null || this.#closed) return;
    this.#context.counters.join_refusals++;
    this.#reply(this.#joinMessage, "error", { reason: `${refusal.code}: ${refusal.message}` });
    this.discard();
  }

  async #tryEnter(): Promise<Refusal | null> {
    const { limits, hub, presence: presences } = this.#context;
    if (this.topic === "") return { code: "TopicNameRequired", message: "You must provide a topic name" };
    if (new TextEncoder().encode(this.wireTopic).length > limits.topicBytesMax) {
      return { code: "TopicNameTooLong", message: `A topic has at most ${limits.topicBytesMax} bytes` };
    }
    const parsed = parseJoin(this.#joinMessage.payload);
    if (!parsed.ok) return { code: "InvalidJoinPayload", message: parsed.message };
    const { join } = parsed;
    const refusal = refuseRequest(join, limits, this.#context.privateOnly);
    if (refusal !== null) return refusal;
    const identified = await this.#owner.identify(join.accessToken);
    if (!identified.ok) return identified;
    this.#identity = identified.identity;
    this.#token = join.accessToken;
    this.#join = join;
    this.#presenceEnabled = join.presenceEnabled;
    const granted = await this.#readGrants(join.presenceEnabled);
    if (!granted.ok) return granted;
    const { broadcast, presence } = granted.value;
    const denied = {
      code: "Unauthorized",
      message: `You do not have permissions to read from this Channel topic: ${this.topic}`,
    };
    if (!broadcast && (!presence || join.replay !== null)) return denied;
    if (this.#closed) return null;
    this.readsBroadcast = broadcast;
    this.readsPresence = presence;
    this.#key = topicKey(this.topic, join.private);
    this.#presence = new ChannelPresence(presences, limits, this.#key, this.wireTopic, join.presenceKey);
    this.#changes = this.#channelChanges(join);
    if (join.replay !== null) this.held = [];
    hub.add(this.#key, this);
    return await this.#replay(join);
  }

  /** What may be read now; asked again while signals say that an answer is stale. */
  async #readGrants(
    presence: boolean,
    urgency: Urgency = "join",
  ): Promise<{ ok: true; value: ReadGrants } | { ok: false } & Refusal> {
    if (!this.private) return { ok: true, value: { broadcast: true, presence } };
    const { authority } = this.#context;
    for (let i = 0; i < STALE_RETRIES_MAX; i++) {
      const epoch = authority.epochOf(this.topic);
      const checked = await authority.read(this.#identity as Identity, this.topic, presence, urgency);
      if (authority.epochOf(this.topic) === epoch) return checked;
    }
    return { ok: false, code: "UnableToSetPolicies", message: "Permissions change too fast" };
  }

  /** Answers the join, after what it wants to have replayed has been read. */
  async #replay(join: JoinRequest): Promise<Refusal | null> {
    const { replay, hub, limits, whenLive } = this.#context;
    const wanted = join.replay === null ? null : parseReplay(join.replay, limits.replayMessagesMax);
    let stored: StoredMessage[] = [];
    if (wanted !== null) {
      try {
        stored = await replay(this.topic, wanted.sinceMs, wanted.limit);
      } catch {
        return { code: "UnableToReplayMessages", message: "Realtime was unable to replay messages" };
      }
      if (this.#closed) return null;
    }
    const changes = this.#changes as ChannelChanges;
    const identity = this.#identity as Identity;
    if (join.changesOptions !== null) {
      const refusal = await changes.establish(identity, join.changesOptions);
      if (refusal !== null || this.#closed) return refusal;
    }
    this.#reply(this.#joinMessage, "ok", { postgres_changes: changes.reply });
    for (const message of stored) this.#send(storedBroadcast(message, true));
    hub.release(this, stored.length === 0 ? NOTHING_REPLAYED : new Set(stored.map((message) => message.id)));
    if (this.readsPresence) this.#pushPresenceState();
    if (join.replicationReady) {
      whenLive(() => this.#pushSystem("system", "ok", "Replication connection established"));
    }
    if (join.changesOptions !== null) changes.confirm();
    else changes.start(identity);
    return null;
  }

  #channelChanges(join: JoinRequest): ChannelChanges {
    const { changes } = this.#context;
    return new ChannelChanges(
      changes,
      this.target,
      this.wireTopic,
      join.postgresChanges,
      (status, message) => this.#pushSystem("postgres_changes", status, message),
    );
  }

  #handle(message: ClientMessage): Promise<void> | null {
    if (message.event === "phx_leave") {
      this.#reply(message, "ok", {});
      // A leave of an earlier join of this topic that came late.
      if (message.joinRef === null || message.joinRef === this.#joinRef) this.close();
      return null;
    }
    if (!this.#owner.takeEvent()) {
      this.shutdown("Too many messages per second");
      return null;
    }
    if (message.event === "broadcast") return this.#onBroadcast(message);
    if (message.event === "presence") return this.#onPresence(message);
    if (message.event === "access_token") return this.#onAccessToken(message);
    this.#context.counters.dropped_in++;
    return null;
  }

  #onBroadcast(message: ClientMessage): Promise<void> | null {
    if (!this.private || this.#mayWrite.broadcast === true) {
      this.#broadcast(message);
      return null;
    }
    if (this.#mayWrite.broadcast === false) {
      this.#context.counters.dropped_in++;
      return null;
    }
    return this.#checkWrite("broadcast").then((may) => {
      if (this.#closed) return;
      if (may) this.#broadcast(message);
      else this.#context.counters.dropped_in++;
    });
  }

  /** Asks once for a permission to write; a database without an answer is asked again next time. */
  async #checkWrite(extension: Extension): Promise<boolean> {
    const { authority } = this.#context;
    const identity = this.#identity as Identity;
    const epoch = authority.epochOf(this.topic);
    const checked = await authority.write(identity, this.topic, extension);
    if (!checked.ok) return false;
    if (authority.epochOf(this.topic) === epoch && this.#identity === identity) {
      this.#mayWrite[extension] = checked.value;
    }
    return checked.value;
  }

  #broadcast(message: ClientMessage): void {
    const { hub, counters, conflation, limits } = this.#context;
    const ack = this.#join?.ack ?? false;
    if (message.binary?.metadata) {
      this.#reply(message, "error", { error: "persist is not supported", reason: "persist is not supported" });
      return;
    }
    const outgoing = clientBroadcast(message, conflation, limits.payloadBytesMax);
    if (outgoing === null) counters.dropped_in++;
    else if (outgoing === "payload_size_exceeded") {
      counters.dropped_in++;
      if (ack) this.#reply(message, "error", { reason: "payload_size_exceeded" });
    } else {
      hub.broadcast(this.#key, outgoing, this.#join?.self ? null : this);
      if (ack) this.#reply(message, "ok", {});
    }
  }

  #onPresence(message: ClientMessage): Promise<void> | null {
    if (!this.#presence?.takeCall(this.#context.nowMs())) {
      this.shutdown("Client presence rate limit exceeded");
      return null;
    }
    const push = parsePresencePush(message.payload);
    if (!push.ok) this.#reply(message, "error", { reason: push.reason });
    else if (push.track === null) {
      this.#presence.untrack();
      this.#reply(message, "ok", {});
    } else if (this.private && this.#mayWrite.presence === null) return this.#trackIfAllowed(message, push.track);
    else this.#track(message, push.track, !this.private || this.#mayWrite.presence === true);
    return null;
  }

  async #trackIfAllowed(message: ClientMessage, meta: Record<string, unknown>): Promise<void> {
    const may = await this.#checkWrite("presence");
    if (may && !this.#presenceEnabled) await this.#enablePresence();
    if (!this.#closed) this.#track(message, meta, may);
  }

  /** A channel that joined without presence and tracks now needs to know whether it may see presence. */
  async #enablePresence(): Promise<void> {
    const granted = await this.#readGrants(true);
    this.readsPresence = granted.ok && granted.value.presence;
  }

  #track(message: ClientMessage, meta: Record<string, unknown>, may: boolean): void {
    if (!may) {
      const reason = `Unauthorized: You do not have permissions to write presence to this Channel topic: ${this.topic}`;
      return this.#reply(message, "error", { reason });
    }
    if (!this.#presence?.track(meta)) return this.shutdown("Track message size exceeded");
    this.#reply(message, "ok", {});
    if (this.#presenceEnabled) return;
    this.#presenceEnabled = true;
    if (!this.private) this.readsPresence = true;
    if (this.readsPresence) this.#pushPresenceState();
  }

  #onAccessToken(message: ClientMessage): Promise<void> | null {
    const { access_token: token } = message.payload as { access_token?: unknown };
    if (typeof token !== "string" || token.startsWith("sb_") || token === this.#token) return null;
    return this.#refresh(token);
  }

  async #refresh(token: string): Promise<void> {
    const identified = await this.#owner.identify(token);
    if (this.#closed) return;
    if (!identified.ok) return this.shutdown(identified.message);
    this.#token = token;
    this.#identity = identified.identity;
    this.forgetWrites();
    await this.reauthorize("signal");
    if (!this.#closed) this.#changes?.start(identified.identity);
  }

  /** What may be written has to be asked again. */
  forgetWrites(): void {
    this.#mayWrite = { broadcast: null, presence: null };
  }

  /** Checks again what may be read, and cuts the channel when it lost something. */
  async reauthorize(urgency: Urgency): Promise<void> {
    if (this.#closed || !this.private || this.#identity === null) return;
    const { counters } = this.#context;
    const identity = this.#identity;
    counters.reauthorized++;
    this.forgetWrites();
    const granted = await this.#readGrants(this.#presenceEnabled, urgency);
    // A join under way asks for itself; a newer token is asked for on its own.
    if (this.#closed || this.#key === "" || this.#identity !== identity) return;
    if (!granted.ok) return this.shutdown(granted.message);
    const { broadcast, presence } = granted.value;
    if ((this.readsBroadcast && !broadcast) || (this.readsPresence && !presence)) {
      counters.revoked++;
      return this.shutdown(`You no longer have permission to read from this Channel topic: ${this.topic}`);
    }
    this.readsBroadcast = broadcast;
    this.readsPresence = presence;
  }

  /** Tells the client why, and ends the channel. */
  shutdown(message: string): void {
    if (this.#closed) return;
    this.#pushSystem("system", "error", message);
    this.close();
  }

  /** Ends the channel with `phx_close`. */
  close(): void {
    if (this.#closed) return;
    const { version } = this.target;
    const json = messageJson(version, this.#joinRef, this.#joinRef, this.wireTopic, "phx_close", "{}");
    this.target.send(textFrame(json));
    this.discard();
  }

  /** Ends the channel without a word. */
  discard(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#inbox.length = 0;
    this.held = null;
    if (this.#key !== "") this.#context.hub.remove(this.#key, this);
    this.#presence?.untrack();
    this.#changes?.stop();
    this.#owner.onChannelClosed(this);
  }

  #reply(to: ClientMessage, status: "ok" | "error", response: Record<string, unknown>): void {
    if (!this.#closed) this.target.send(replyFrame(this.target.version, to, status, response));
  }

  #pushPresenceState(): void {
    this.#push("presence_state", this.#presence?.stateJson() ?? "{}");
  }

  #pushSystem(extension: string, status: "ok" | "error", message: string): void {
    this.#push("system", JSON.stringify({ extension, status, message, channel: this.topic }));
  }

  #push(event: string, payloadJson: string): void {
    if (this.#closed) return;
    const json = messageJson(this.target.version, this.#joinRef, null, this.wireTopic, event, payloadJson);
    this.target.send(textFrame(json));
  }

  #send(outgoing: Outgoing | null): void {
    const frame = outgoing?.frame(this.target.version) ?? null;
    if (frame !== null) this.target.send(frame);
  }
}
