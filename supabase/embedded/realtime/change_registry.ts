import type { Identity } from "./authority.ts";
import { type ChangeRequest, type Condition, namesMatch } from "./change_request.ts";
import type { FrameTarget } from "./hub.ts";

/** A channel that gets changes. */
export interface ChangeListener {
  readonly target: FrameTarget;
  readonly wireTopic: string;
  /** Changes arrive; `gap`: some of before are lost. */
  onChangesLive(gap: boolean): void;
  /** The subscription fails on real rows and has been ended. */
  onChangesFailed(message: string): void;
}

/** One entry of a channel's `postgres_changes`. */
export interface ChangeSubscription {
  /** The number the client knows it by. */
  id: number;
  listener: ChangeListener;
  identity: Identity;
  request: ChangeRequest;
}

/** Subscriptions that ask for the same on behalf of the same claims: one evaluation serves them all. */
export interface ChangeGroup {
  request: ChangeRequest;
  identity: Identity;
  subscriptions: Set<ChangeSubscription>;
}

const RELATIONS_CACHED_MAX = 1_000;

/** Who wants which changes. */
export class ChangeRegistry {
  readonly #groups = new Map<string, ChangeGroup>();
  readonly #byRelation = new Map<string, ChangeGroup[]>();
  readonly #listeners = new Map<ChangeListener, number>();

  /** Channels with a subscription. */
  get listeners(): Iterable<ChangeListener> {
    return this.#listeners.keys();
  }

  get empty(): boolean {
    return this.#groups.size === 0;
  }

  add(subscription: ChangeSubscription): void {
    const { request, identity, listener } = subscription;
    const key = keyOf(subscription);
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = { request, identity, subscriptions: new Set() };
      this.#groups.set(key, group);
      this.#byRelation.clear();
    }
    if (group.subscriptions.has(subscription)) return;
    group.subscriptions.add(subscription);
    this.#listeners.set(listener, (this.#listeners.get(listener) ?? 0) + 1);
  }

  remove(subscription: ChangeSubscription): void {
    const { listener } = subscription;
    const key = keyOf(subscription);
    const group = this.#groups.get(key);
    if (!group?.subscriptions.delete(subscription)) return;
    if (group.subscriptions.size === 0) {
      this.#groups.delete(key);
      this.#byRelation.clear();
    }
    const left = (this.#listeners.get(listener) ?? 1) - 1;
    if (left > 0) this.#listeners.set(listener, left);
    else this.#listeners.delete(listener);
  }

  /** The groups whose names mean a table. */
  groupsOf(schema: string, table: string): readonly ChangeGroup[] {
    const key = JSON.stringify([schema, table]);
    const known = this.#byRelation.get(key);
    if (known !== undefined) return known;
    const found = [...this.#groups.values()].filter(({ request }) =>
      namesMatch(request.schema, schema) && namesMatch(request.table, table)
    );
    if (this.#byRelation.size >= RELATIONS_CACHED_MAX) this.#byRelation.clear();
    this.#byRelation.set(key, found);
    return found;
  }
}

function keyOf({ request, identity }: ChangeSubscription): string {
  const { event, schema, table, conditions, select } = request;
  const filter = conditions.map(conditionKey).sort();
  return JSON.stringify([event, schema, table, filter, select, identityKey(identity)]);
}

/** Equal for conditions that hold for the same rows. */
export function conditionKey({ column, op, value, negate }: Condition): string {
  return JSON.stringify([column, op, value, negate]);
}

/** Equal for identities whom policies cannot tell apart. */
export function identityKey({ role, claimsJson }: Identity): string {
  return `${role}\n${claimsJson}`;
}

/** Whether a group's event is `kind`. */
export function wants(group: ChangeGroup, kind: string): boolean {
  return group.request.event === "*" || group.request.event === kind;
}
