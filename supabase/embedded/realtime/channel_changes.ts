import type { Identity } from "./authority.ts";
import type { ChangeListener, ChangeSubscription } from "./change_registry.ts";
import { type ChangeRequest, idOfParams, parseChangeRequest } from "./change_request.ts";
import type { PostgresChanges } from "./changes.ts";
import type { FrameTarget } from "./hub.ts";
import type { ChangesOptions, Refusal } from "./join.ts";

/** Tells a channel's client how its subscription stands. */
export type TellSystem = (status: "ok" | "error", message: string) => void;

const RETRY_MS_MIN = 5_000;
const SUBSCRIBED = "Subscribed to PostgreSQL";

/** One channel's `postgres_changes`. */
export class ChannelChanges implements ChangeListener {
  readonly target: FrameTarget;
  readonly wireTopic: string;
  readonly #changes: PostgresChanges;
  readonly #params: Record<string, unknown>[];
  readonly #tell: TellSystem;
  #subscriptions: ChangeSubscription[] = [];
  /** Rises with every attempt, so that what an older one finds out is ignored. */
  #attempt = 0;
  /** Whether the client waits to hear that changes arrive. */
  #awaitsLive = false;
  #onLive: (() => void) | null = null;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    changes: PostgresChanges,
    target: FrameTarget,
    wireTopic: string,
    params: Record<string, unknown>[],
    tell: TellSystem,
  ) {
    this.#changes = changes;
    this.target = target;
    this.wireTopic = wireTopic;
    this.#params = params;
    this.#tell = tell;
  }

  /** What a join's reply says: the entries as sent, each with the number its changes will bear. */
  get reply(): Record<string, unknown>[] {
    return this.#params.map((params) => ({ ...params, id: idOfParams(params) }));
  }

  /** Subscribes behind the join's reply, for this or from now on for another identity. */
  start(identity: Identity): void {
    if (this.#params.length === 0) return;
    const attempt = ++this.#attempt;
    clearTimeout(this.#retryTimer);
    // What is subscribed already goes on, under the new claims at once.
    this.#replace(this.#subscriptions.map((subscription) => ({ ...subscription, identity })));
    this.#subscribe(identity, attempt).then((refusal) => {
      if (attempt !== this.#attempt) return;
      if (refusal !== null) {
        this.#replace([]);
        this.#tell("error", refusal);
      } else this.#tellWhenLive();
    }, (error: unknown) => {
      if (attempt !== this.#attempt) return;
      this.#tell("error", `Realtime was unable to connect to the project database: ${(error as Error).message}`);
      this.#retryTimer = setTimeout(() => this.start(identity), RETRY_MS_MIN * (1 + Math.random()));
    });
  }

  /** Subscribes before the join's reply, as a client that sets `wait` asks; null once changes arrive. */
  async establish(identity: Identity, { timeout_ms }: ChangesOptions): Promise<Refusal | null> {
    if (this.#params.length === 0) return null;
    const attempt = ++this.#attempt;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<Refusal>((resolve) => {
      const message = `Timed out after ${timeout_ms}ms waiting for the postgres_changes subscription`;
      timer = setTimeout(() => resolve({ code: "PostgresChangesSubscribeTimeout", message }), timeout_ms);
    });
    try {
      const outcome = await Promise.race([this.#establish(identity, attempt), late]);
      if (outcome !== null) this.stop();
      return outcome;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Confirms behind the reply what {@link establish} brought about. */
  confirm(): void {
    if (this.#subscriptions.length > 0) this.#tell("ok", SUBSCRIBED);
  }

  /** Ends the subscriptions. */
  stop(): void {
    this.#attempt++;
    this.#awaitsLive = false;
    this.#onLive = null;
    clearTimeout(this.#retryTimer);
    this.#replace([]);
  }

  onChangesLive(gap: boolean): void {
    if (gap) this.#tell("error", "The replication stream was interrupted: some changes may be missing");
    if (gap || this.#awaitsLive) this.#tell("ok", SUBSCRIBED);
    this.#awaitsLive = false;
    this.#onLive?.();
  }

  onChangesFailed(message: string): void {
    this.stop();
    this.#tell("error", `Unable to subscribe to changes with given parameters. Exception: ${message}`);
  }

  async #establish(identity: Identity, attempt: number): Promise<Refusal | null> {
    while (attempt === this.#attempt) {
      try {
        const message = await this.#subscribe(identity, attempt);
        if (message !== null) return { code: "RealtimeDisabledForConfiguration", message };
        if (!this.#changes.live) await new Promise<void>((resolve) => this.#onLive = resolve);
        return null;
      } catch {
        await new Promise<void>((resolve) => this.#retryTimer = setTimeout(resolve, 200));
      }
    }
    return null;
  }

  /** Checks and registers every entry; the text of what is refused. Throws when the database does not answer. */
  async #subscribe(identity: Identity, attempt: number): Promise<string | null> {
    const requests = new Map<number, ChangeRequest>();
    for (const params of this.#params) {
      const parsed = parseChangeRequest(params);
      if (!parsed.ok) return parsed.message;
      requests.set(idOfParams(params), parsed.request);
    }
    for (const request of requests.values()) {
      const refusal = await this.#changes.refusal(request, identity);
      if (refusal !== null) return refusal;
    }
    if (attempt !== this.#attempt) return null;
    this.#replace([...requests].map(([id, request]) => ({ id, listener: this, identity, request })));
    return null;
  }

  #tellWhenLive(): void {
    if (this.#changes.live) this.#tell("ok", SUBSCRIBED);
    else this.#awaitsLive = true;
  }

  /** The new ones first: between the two no change may slip through, nor the stream be taken for unused. */
  #replace(subscriptions: ChangeSubscription[]): void {
    const old = this.#subscriptions;
    this.#subscriptions = subscriptions;
    for (const subscription of subscriptions) this.#changes.add(subscription);
    for (const subscription of old) this.#changes.remove(subscription);
  }
}
