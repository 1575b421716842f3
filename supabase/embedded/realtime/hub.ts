import type { Limits } from "./limits.ts";
import { type Frame, FrameRun } from "./outbox.ts";
import type { Outgoing, Version } from "./wire.ts";

/** Where a channel's frames go. */
export interface FrameTarget {
  readonly version: Version;
  send(frame: Frame): void;
  /** Frames that other targets get too. */
  sendRun(run: FrameRun): void;
}

/** A broadcast and the topic it goes to. */
export interface Addressed {
  /** See {@link topicKey}. */
  key: string;
  message: Outgoing;
}

/** One connection's subscription to a topic, as the hub sees it. */
export class Subscriber {
  readonly target: FrameTarget;
  /** Whether broadcasts reach it: false for a private channel that may only read presence. */
  readsBroadcast: boolean;
  /** Whether presence reaches it. */
  readsPresence: boolean;
  /** Messages kept back while the channel reads its replay; null when live. */
  held: Outgoing[] | null = null;
  /** Its place in the topic's list. */
  index = -1;

  constructor(target: FrameTarget, readsBroadcast: boolean, readsPresence: boolean) {
    this.target = target;
    this.readsBroadcast = readsBroadcast;
    this.readsPresence = readsPresence;
  }
}

/** Private and public channels of one name are different channels. */
export function topicKey(topic: string, isPrivate: boolean): string {
  return isPrivate ? `1${topic}` : `0${topic}`;
}

/** Who is subscribed to what. Delivery is a walk over a dense array. */
export class Hub<S extends Subscriber = Subscriber> {
  readonly #limits: Limits;
  readonly #topics = new Map<string, S[]>();
  #size = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Subscriptions in all. */
  get size(): number {
    return this.#size;
  }

  /** Topics with a subscriber. */
  get topicCount(): number {
    return this.#topics.size;
  }

  /** The subscribers of a topic; the live list, not a copy. */
  subscribers(key: string): readonly S[] {
    return this.#topics.get(key) ?? [];
  }

  add(key: string, subscriber: S): void {
    const list = this.#topics.get(key);
    if (list === undefined) this.#topics.set(key, [subscriber]);
    subscriber.index = list === undefined ? 0 : list.push(subscriber) - 1;
    this.#size++;
  }

  remove(key: string, subscriber: S): void {
    const list = this.#topics.get(key);
    if (list === undefined || list[subscriber.index] !== subscriber) return;
    const last = list.pop() as S;
    if (last !== subscriber) {
      list[subscriber.index] = last;
      last.index = subscriber.index;
    }
    subscriber.index = -1;
    this.#size--;
    if (list.length === 0) this.#topics.delete(key);
  }

  /** Hands a broadcast to every subscriber of `key` but `except`. */
  broadcast(key: string, message: Outgoing, except: Subscriber | null = null): void {
    this.#broadcastRun(key, [message], except);
  }

  /** Hands on many broadcasts in order; a subscriber is visited once for those of its topic that stand together. */
  broadcastAll(broadcasts: readonly Addressed[]): void {
    let run: Outgoing[] = [];
    for (const [i, { key, message }] of broadcasts.entries()) {
      run.push(message);
      if (broadcasts[i + 1]?.key === key) continue;
      this.#broadcastRun(key, run, null);
      run = [];
    }
  }

  #broadcastRun(key: string, messages: readonly Outgoing[], except: Subscriber | null): void {
    const list = this.#topics.get(key);
    if (list === undefined) return;
    const runs: [null, FrameRun | null, FrameRun | null] = [null, null, null];
    // Backwards: who is closed for being slow leaves the list, and its place goes to the last, already served.
    for (let i = list.length - 1; i >= 0; i--) {
      const subscriber = list[i] as S;
      if (subscriber === except || !subscriber.readsBroadcast) continue;
      if (subscriber.held !== null) {
        for (const message of messages) this.#hold(subscriber.held, message);
        continue;
      }
      const { target } = subscriber;
      target.sendRun(runs[target.version] ??= runOf(messages, target.version));
    }
  }

  /** Hands a presence diff to those who read presence. */
  broadcastPresence(key: string, message: Outgoing): void {
    const list = this.subscribers(key);
    for (let i = list.length - 1; i >= 0; i--) {
      const subscriber = list[i] as S;
      if (subscriber.readsPresence) this.#deliver(subscriber, message);
    }
  }

  /** Ends the hold: what came meanwhile goes out, but for messages the replay already brought. */
  release(subscriber: Subscriber, replayedIds: ReadonlySet<string>): void {
    const held = subscriber.held;
    subscriber.held = null;
    for (const message of held ?? []) {
      if (message.id === null || !replayedIds.has(message.id)) this.#deliver(subscriber, message);
    }
  }

  #hold(held: Outgoing[], message: Outgoing): void {
    if (held.length >= this.#limits.heldFramesMax) held.shift();
    held.push(message);
  }

  #deliver(subscriber: Subscriber, message: Outgoing): void {
    const frame = message.frame(subscriber.target.version);
    if (frame !== null) subscriber.target.send(frame);
  }
}

function runOf(messages: readonly Outgoing[], version: Version): FrameRun {
  return new FrameRun(messages.map((message) => message.frame(version)).filter((frame) => frame !== null));
}
