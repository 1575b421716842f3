import type { Hub } from "./hub.ts";
import { messageJson, Outgoing, textFrame } from "./wire.ts";

/** One tracked payload with the reference that tells it from others under its key. */
interface Meta {
  ref: string;
  json: string;
}

interface Changes {
  joins: Map<string, Map<string, Meta>>;
  leaves: Map<string, Map<string, Meta>>;
}

interface Topic {
  wireTopic: string;
  /** key → ref → meta */
  present: Map<string, Map<string, Meta>>;
  changes: Changes | null;
}

// Diffs cost viewers² deliveries: those of a moment travel together.
const DIFF_INTERVAL_MS = 50;

/** Who is present where. State lives as long as the channels that tracked it. */
export class Presence {
  readonly #hub: Hub;
  readonly #topics = new Map<string, Topic>();
  readonly #changed = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #refs = 0;

  constructor(hub: Hub) {
    this.#hub = hub;
  }

  /**
   * Tracks `payload` under `presenceKey`, replacing the meta `previousRef` when it is not null.
   * Returns the new meta's reference.
   */
  track(
    key: string,
    wireTopic: string,
    presenceKey: string,
    payload: Record<string, unknown>,
    previousRef: string | null,
  ): string {
    const topic = this.#topics.get(key) ?? { wireTopic, present: new Map(), changes: null };
    this.#topics.set(key, topic);
    const ref = `R${(++this.#refs).toString(36)}`;
    const prev = previousRef === null ? {} : { phx_ref_prev: previousRef };
    const meta = { ref, json: JSON.stringify({ ...payload, ...prev, phx_ref: ref }) };
    if (previousRef !== null) this.#leave(key, topic, presenceKey, previousRef);
    put(topic.present, presenceKey, meta);
    put(this.#changes(key, topic).joins, presenceKey, meta);
    return ref;
  }

  /** Forgets the meta `ref` of `presenceKey`. */
  untrack(key: string, presenceKey: string, ref: string): void {
    const topic = this.#topics.get(key);
    if (topic !== undefined) this.#leave(key, topic, presenceKey, ref);
  }

  /** The `presence_state` payload as JSON text. */
  stateJson(key: string): string {
    return metasJson(this.#topics.get(key)?.present ?? new Map());
  }

  /** Stops the timer; pending diffs are lost. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #leave(key: string, topic: Topic, presenceKey: string, ref: string): void {
    const meta = topic.present.get(presenceKey)?.get(ref);
    if (meta === undefined) return;
    drop(topic.present, presenceKey, ref);
    const changes = this.#changes(key, topic);
    // Came and went between two diffs: nobody heard of it.
    if (!drop(changes.joins, presenceKey, ref)) put(changes.leaves, presenceKey, meta);
  }

  #changes(key: string, topic: Topic): Changes {
    this.#changed.add(key);
    this.#timer ??= setTimeout(() => this.#sendDiffs(), DIFF_INTERVAL_MS);
    return topic.changes ??= { joins: new Map(), leaves: new Map() };
  }

  #sendDiffs(): void {
    this.#timer = undefined;
    // A socket that is closed while it is told of others leaves its own topics: that is for the next time.
    const changed = [...this.#changed];
    this.#changed.clear();
    for (const key of changed) {
      const topic = this.#topics.get(key);
      const changes = topic?.changes;
      if (topic === undefined || !changes) continue;
      topic.changes = null;
      if (topic.present.size === 0) this.#topics.delete(key);
      if (changes.joins.size === 0 && changes.leaves.size === 0) continue;
      const json = `{"joins":${metasJson(changes.joins)},"leaves":${metasJson(changes.leaves)}}`;
      const diff = new Outgoing((version) =>
        textFrame(messageJson(version, null, null, topic.wireTopic, "presence_diff", json))
      );
      this.#hub.broadcastPresence(key, diff);
    }
  }
}

function put(metas: Map<string, Map<string, Meta>>, key: string, meta: Meta): void {
  const refs = metas.get(key);
  if (refs === undefined) metas.set(key, new Map([[meta.ref, meta]]));
  else refs.set(meta.ref, meta);
}

function drop(metas: Map<string, Map<string, Meta>>, key: string, ref: string): boolean {
  const refs = metas.get(key);
  if (!refs?.delete(ref)) return false;
  if (refs.size === 0) metas.delete(key);
  return true;
}

function metasJson(metas: Map<string, Map<string, Meta>>): string {
  const entries: string[] = [];
  for (const [key, refs] of metas) {
    const list = Array.from(refs.values(), (meta) => meta.json).join(",");
    entries.push(`${JSON.stringify(key)}:{"metas":[${list}]}`);
  }
  return `{${entries.join(",")}}`;
}
