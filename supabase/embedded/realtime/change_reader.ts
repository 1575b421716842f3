import type { Sql } from "postgres";
import { type ChangeGroup, conditionKey, identityKey, wants } from "./change_registry.ts";
import type { Condition } from "./change_request.ts";
import { CHANGE_ERRORS, type ReadChange } from "./change_payload.ts";
import {
  checkVisibility,
  describeTable,
  readRows,
  type RowValues,
  type TableInfo,
  type Visibility,
  type VisibilityCheck,
} from "./change_sql.ts";
import type { RowChange, StreamRelation, Tuple } from "./pgoutput.ts";

/** A change waiting to be delivered. */
export interface QueuedChange {
  change: RowChange;
  committedMs: number;
  /** Its transaction, as the stream numbers it. */
  xid: number;
}

/** Who gets a change, and who hears only that there was one. */
export interface Verdict {
  queued: QueuedChange;
  /** Null when the row could not be read. */
  read: ReadChange | null;
  granted: ChangeGroup[];
  refused: { error: string; groups: ChangeGroup[] }[];
}

/** Subscriptions whose conditions fail on real rows. */
export interface BrokenGroups {
  groups: ChangeGroup[];
  message: string;
}

// One statement holds this many conditions; the rest go into further ones.
const CONDITIONS_PER_QUERY_MAX = 200;
// Identities × rows asked about in one statement.
const KEYS_PER_CHECK_MAX = 2_000;

/** Whether an error is the database's answer to what was asked, rather than its absence. */
export function isAnswer(error: unknown): boolean {
  const { name, code } = (error ?? {}) as { name?: unknown; code?: unknown };
  // By name: a lost socket's EPIPE has the shape of an SQLSTATE.
  return name === "PostgresError" && typeof code === "string" && !/^(08|53|57P|58|XX)/.test(code);
}

/** Decides for a batch of changes of one table which groups get which. */
export class ChangeReader {
  readonly #sql: Sql;
  readonly #canonical: ReadonlyMap<string, string>;
  readonly #onBroken: (broken: BrokenGroups) => void;

  /** `canonical`: texts by `type\nvalue`, as {@link canonicalKey} writes it. */
  constructor(sql: Sql, canonical: ReadonlyMap<string, string>, onBroken: (broken: BrokenGroups) => void) {
    this.#sql = sql;
    this.#canonical = canonical;
    this.#onBroken = onBroken;
  }

  /** The verdicts, in the order of `items`. Throws only when the database does not answer. */
  async judge(
    relation: StreamRelation,
    items: QueuedChange[],
    groups: readonly ChangeGroup[],
  ): Promise<Verdict[]> {
    const roles = [...new Set(groups.map((group) => group.identity.role))];
    const info = await describeTable(this.#sql, relation.oid, roles);
    if (info === null) return items.map((queued) => ({ queued, read: null, granted: [], refused: [] }));
    try {
      return await this.#judgeAll(relation, info, items, groups);
    } catch (error) {
      if (!isAnswer(error)) throw error;
      const [only] = items;
      if (items.length > 1) {
        // One row that cannot be read must not take the others with it.
        const single: Verdict[] = [];
        for (const item of items) single.push(...await this.judge(relation, [item], groups));
        return single;
      }
      if (only === undefined) return [];
      const wanting = groups.filter((group) => wants(group, only.change.kind));
      const refused = [{ error: CHANGE_ERRORS.unreadable, groups: wanting }];
      return [{ queued: only, read: null, granted: [], refused }];
    }
  }

  async #judgeAll(
    relation: StreamRelation,
    info: TableInfo,
    items: QueuedChange[],
    groups: readonly ChangeGroup[],
  ): Promise<Verdict[]> {
    const truths = await this.#readTruths(relation, info, items, groups);
    const verdicts: Verdict[] = items.map((queued, index) => {
      const { after, before } = truths.values[index] as Pick<ReadChange, "after" | "before">;
      return { queued, read: { ...queued, info, after, before }, granted: [], refused: [] };
    });
    const keys = info.columns.filter((column) => column.key);
    const secured: { verdict: Verdict; group: ChangeGroup }[] = [];
    for (const [index, verdict] of verdicts.entries()) {
      const { kind } = verdict.queued.change;
      for (const group of groups) {
        if (!wants(group, kind)) continue;
        const { role } = group.identity;
        if (kind !== "DELETE" && keys.length === 0) refuse(verdict, CHANGE_ERRORS.noPrimaryKey, group);
        else if (kind !== "DELETE" && keys.some((key) => !key.readers.has(role))) {
          refuse(verdict, CHANGE_ERRORS.unauthorized, group);
        } else if (!group.request.conditions.every((condition) => truths.holds(index, condition))) continue;
        else if (kind === "DELETE" || !info.rowSecurity || info.exempt.has(role)) verdict.granted.push(group);
        else secured.push({ verdict, group });
      }
    }
    if (secured.length > 0) await this.#askPolicies(relation, info, secured);
    return verdicts;
  }

  /** Every row's values, and whether a condition holds for a row. */
  async #readTruths(
    relation: StreamRelation,
    info: TableInfo,
    items: QueuedChange[],
    groups: readonly ChangeGroup[],
  ) {
    const tuples: Tuple[] = [];
    const places = items.map(({ change: { after, before } }) => ({
      after: after === null ? -1 : tuples.push(after) - 1,
      before: before === null ? -1 : tuples.push(before) - 1,
    }));
    const asked = new Map<string, Condition>();
    for (const { request: { conditions } } of groups) {
      for (const condition of conditions) {
        if (this.#canonicalOf(info, condition) === null) asked.set(conditionKey(condition), condition);
      }
    }
    const answers = new Map<string, boolean[]>();
    const list = [...asked.values()];
    const first = list.slice(0, CONDITIONS_PER_QUERY_MAX);
    const rows = await this.#readAndTry(relation, info, tuples, first, answers, groups);
    for (let from = first.length; from < list.length; from += CONDITIONS_PER_QUERY_MAX) {
      const part = list.slice(from, from + CONDITIONS_PER_QUERY_MAX);
      await this.#readAndTry(relation, info, tuples, part, answers, groups);
    }
    const indexOf = new Map(relation.columns.map(({ name }, index) => [name, index]));
    const holds = (item: number, condition: Condition): boolean => {
      const { after, before } = places[item] as { after: number; before: number };
      const place = after >= 0 ? after : before;
      const text = tuples[place]?.[indexOf.get(condition.column) ?? -1];
      if (text === undefined) return false;
      const canonical = this.#canonicalOf(info, condition);
      if (canonical === null) return answers.get(conditionKey(condition))?.[place] ?? false;
      return text !== null && (text === canonical) !== condition.negate;
    };
    const values = places.map(({ after, before }) => ({
      after: rows[after]?.json ?? null,
      before: rows[before]?.json ?? null,
    }));
    return { values, holds };
  }

  /** The text a row must have for an `eq` that needs no database; null for every other condition. */
  #canonicalOf(info: TableInfo, { op, column, value }: Condition): string | null {
    if (op !== "eq") return null;
    const found = info.columns.find(({ name }) => name === column);
    return found?.textual ? this.#canonical.get(canonicalKey(found.type, value)) ?? null : null;
  }

  /** Reads the rows and notes for which of them each condition holds; ends subscriptions whose condition fails. */
  async #readAndTry(
    relation: StreamRelation,
    info: TableInfo,
    tuples: Tuple[],
    conditions: Condition[],
    answers: Map<string, boolean[]>,
    groups: readonly ChangeGroup[],
  ): Promise<RowValues[]> {
    try {
      const rows = await readRows(this.#sql, info, relation, tuples, conditions);
      for (const [index, condition] of conditions.entries()) {
        answers.set(conditionKey(condition), rows.map(({ holds }) => holds[index] ?? false));
      }
      return rows;
    } catch (error) {
      if (!isAnswer(error) || conditions.length === 0) throw error;
      if (conditions.length > 1) {
        const half = conditions.length >> 1;
        await this.#readAndTry(relation, info, tuples, conditions.slice(0, half), answers, groups);
        return await this.#readAndTry(relation, info, tuples, conditions.slice(half), answers, groups);
      }
      // Either the condition fails or the rows do: the latter throws here.
      const rows = await readRows(this.#sql, info, relation, tuples, []);
      const key = conditionKey(conditions[0] as Condition);
      const broken = groups.filter(({ request }) =>
        request.conditions.some((condition) => conditionKey(condition) === key)
      );
      this.#onBroken({ groups: broken, message: (error as Error).message });
      return rows;
    }
  }

  /** Asks once for each identity about all rows that it might get. */
  async #askPolicies(
    relation: StreamRelation,
    info: TableInfo,
    secured: { verdict: Verdict; group: ChangeGroup }[],
  ): Promise<void> {
    const keyPlaces = info.columns.filter((column) => column.key).map((column) =>
      relation.columns.findIndex(({ name }) => name === column.name)
    );
    const checks = new Map<string, VisibilityCheck & { places: Map<Verdict, number> }>();
    for (const { verdict, group } of secured) {
      const id = identityKey(group.identity);
      const check = checks.get(id) ??
        { identity: group.identity, keys: [] as (string | null)[][], places: new Map<Verdict, number>() };
      checks.set(id, check);
      if (check.places.has(verdict)) continue;
      const { after } = verdict.queued.change;
      check.places.set(verdict, check.keys.push(keyPlaces.map((place) => after?.[place] ?? null)) - 1);
    }
    const xids = [...new Set(secured.map(({ verdict }) => verdict.queued.xid))];
    const answers = new Map<string, ReadonlySet<number> | null>();
    for (const part of partsOf([...checks.entries()])) {
      const visible = await this.#check(info, part.map(([, check]) => check), xids);
      for (const [index, [id]] of part.entries()) answers.set(id, visible[index] ?? null);
    }
    for (const { verdict, group } of secured) {
      const id = identityKey(group.identity);
      const visible = answers.get(id) ?? null;
      if (visible === null) refuse(verdict, CHANGE_ERRORS.policyFailed, group);
      else if (visible.has(checks.get(id)?.places.get(verdict) ?? -1)) verdict.granted.push(group);
    }
  }

  async #check(info: TableInfo, checks: VisibilityCheck[], xids: number[]): Promise<Visibility[]> {
    try {
      return await checkVisibility(this.#sql, info, checks, xids);
    } catch (error) {
      // A policy that takes too long ends the whole statement: nobody's rows are shown for it.
      if (!isAnswer(error)) throw error;
      return checks.map(() => null);
    }
  }
}

/** Where {@link ChangeReader} finds a value's canonical text. */
export function canonicalKey(type: string, value: string): string {
  return `${type}\n${value}`;
}

function refuse(verdict: Verdict, error: string, group: ChangeGroup): void {
  const found = verdict.refused.find((refusal) => refusal.error === error);
  if (found === undefined) verdict.refused.push({ error, groups: [group] });
  else found.groups.push(group);
}

function partsOf<T>(checks: [string, VisibilityCheck & T][]): [string, VisibilityCheck & T][][] {
  const parts: [string, VisibilityCheck & T][][] = [];
  let keys = Infinity;
  for (const entry of checks) {
    const { length } = entry[1].keys;
    if (keys + length > KEYS_PER_CHECK_MAX) {
      parts.push([]);
      keys = 0;
    }
    parts.at(-1)?.push(entry);
    keys += length;
  }
  return parts;
}
