import { type Authority, EVERY_TOPIC, type Urgency } from "./authority.ts";
import type { Channel } from "./channel.ts";
import { type Hub, topicKey } from "./hub.ts";
import type { Session } from "./session.ts";

// Keeps the transactions that ask the policies busy (four times fifty questions, and as many that wait), while
// a signal about one topic finds no long queue of callbacks either.
const SWEPT_AT_ONCE_MAX = 400;

/** Checks channels again when the database says that permissions may have changed. */
export class Revocation {
  readonly #authority: Authority;
  readonly #hub: Hub<Channel>;
  readonly #sessions: () => Iterable<Session>;
  // In the order they are due: a signal during a sweep puts those that had their turn behind those that had not,
  // so that signals in quick succession cannot keep a channel from being checked.
  readonly #due = new Set<Channel>();
  #sweeping = 0;

  constructor(authority: Authority, hub: Hub<Channel>, sessions: () => Iterable<Session>) {
    this.#authority = authority;
    this.#hub = hub;
    this.#sessions = sessions;
  }

  /** Permissions on `topic`, or on all topics for `*`, may have changed; those of the user `sub` alone if given. */
  onSignal(topic: string, sub?: string): void {
    // Whoever is about to join asks again, too.
    this.#authority.invalidate(topic);
    if (topic === EVERY_TOPIC) return this.#sweep();
    for (const channel of [...this.#hub.subscribers(topicKey(topic, true))]) {
      if (sub === undefined || channel.sub === sub) void check(channel, "signal");
    }
  }

  /** Begins no further check. */
  stop(): void {
    this.#due.clear();
  }

  #sweep(): void {
    for (const session of this.#sessions()) {
      for (const channel of session.privateChannels()) {
        channel.forgetWrites();
        this.#due.add(channel);
      }
    }
    const more = Math.min(this.#due.size, SWEPT_AT_ONCE_MAX - this.#sweeping);
    for (let i = 0; i < more; i++) void this.#work();
  }

  async #work(): Promise<void> {
    this.#sweeping++;
    for (const channel of this.#due) {
      this.#due.delete(channel);
      await check(channel, "sweep");
    }
    this.#sweeping--;
  }
}

async function check(channel: Channel, urgency: Urgency): Promise<void> {
  try {
    await channel.reauthorize(urgency);
  } catch {
    channel.shutdown("Unknown Error on Channel");
  }
}
