/**
 * Nobody gets a message of a private topic they may not read: `deno run -A tests/soak/realtime_isolation.ts [seed]`.
 * Users join the topics they are members of and get messages, while members are banned and admitted again, tokens are
 * refreshed, exchanged and forged, and strangers try to join. The clients live in a second process.
 */
import { fileURLToPath } from "node:url";
import { LineProcess } from "../../bench/line_process.ts";
import {
  MEMBERS_SQL,
  SECRET_KEY,
  signToken,
  startHost,
  type TestHost,
} from "../../supabase/embedded/realtime/testing.ts";
import { startTestSupabase } from "../../supabase/embedded/testing.ts";

/** How much is done. */
export interface IsolationSize {
  seed: number;
  topics: number;
  users: number;
  topicsPerUser: number;
  deliveries: number;
  /** Requests of 25 messages between two disturbances. */
  requestsPerRound: number;
  /** Bans, token changes and strangers a second, each, at most. */
  eventsPerSecond: number;
}

/** What came of it; the first four must be zero. */
export interface IsolationReport {
  /** Messages on a topic the receiver was no member of. */
  foreign: number;
  /** Messages sent more than two seconds after the receiver's ban. */
  late: number;
  /** Joins granted to strangers. */
  intruders: number;
  /** Members whom the last message of a topic did not reach. */
  missed: number;
  deliveries: number;
  bans: number;
  /** From a ban's commit to the end of the channel, ms. */
  cut_ms_p50: number;
  cut_ms_max: number;
  cuts: number;
  tokenChanges: number;
  refusedJoins: number;
  seconds: number;
}

/** Counts of the clients' process. */
export interface ClientCounts {
  foreign: number;
  late: number;
  intruders: number;
  deliveries: number;
  lasts: number;
  joined: number;
  pending: number;
  refusedJoins: number;
  cuts_ms: number[];
}

const MESSAGES_PER_REQUEST = 25;
/** A banned member stays out this long. */
const BAN_MS_MIN = 2_500;
const SETTLE_MS_MAX = 15_000;

/** Runs the soak; `progress` gets a line now and then. */
export async function runIsolation(size: IsolationSize, progress: (line: string) => void): Promise<IsolationReport> {
  await using stack = await startTestSupabase();
  await stack.sql.unsafe(MEMBERS_SQL);
  await using host = await startHost(stack.dbUrl);
  await using clients = new LineProcess(
    Deno.execPath(),
    ["run", "-A", fileURLToPath(new URL("./realtime_isolation_clients.ts", import.meta.url))],
    fileURLToPath(new URL("../../", import.meta.url)),
  );
  const soak = new Soak(size, stack.sql, host, clients);
  const startedMs = Date.now();
  await soak.open();
  progress(`seed ${size.seed}: ${size.users} users hold ${soak.memberships} channels on ${size.topics} topics`);
  let counts = await soak.ask({ op: "report" });
  let reportedMs = Date.now();
  while (counts.deliveries < size.deliveries) {
    await soak.publish();
    counts = await soak.ask({ op: "report" });
    await soak.disturb(Date.now());
    if (Date.now() - reportedMs < 5_000) continue;
    reportedMs = Date.now();
    progress(`${counts.deliveries} deliveries, ${soak.bans} bans, foreign ${counts.foreign}, late ${counts.late}`);
  }
  const expected = await soak.settle();
  counts = await soak.ask({ op: "report" });
  const cuts = counts.cuts_ms.toSorted((a, b) => a - b);
  return {
    foreign: counts.foreign,
    late: counts.late,
    intruders: counts.intruders,
    missed: expected - counts.lasts,
    deliveries: counts.deliveries,
    bans: soak.bans,
    cut_ms_p50: cuts[cuts.length >> 1] ?? 0,
    cut_ms_max: cuts.at(-1) ?? 0,
    cuts: cuts.length,
    tokenChanges: soak.tokenChanges,
    refusedJoins: counts.refusedJoins,
    seconds: Math.round((Date.now() - startedMs) / 1_000),
  };
}

class Soak {
  bans = 0;
  tokenChanges = 0;
  readonly #size: IsolationSize;
  readonly #sql: Awaited<ReturnType<typeof startTestSupabase>>["sql"];
  readonly #host: TestHost;
  readonly #clients: LineProcess;
  readonly #random: (below: number) => number;
  readonly #members: Set<number>[] = [];
  readonly #banned: { user: number; topic: number; untilMs: number }[] = [];
  readonly #strayed = new Map<number, number>();
  #disturbedMs = 0;
  #sequence = 0;

  constructor(
    size: IsolationSize,
    sql: Awaited<ReturnType<typeof startTestSupabase>>["sql"],
    host: TestHost,
    clients: LineProcess,
  ) {
    this.#size = size;
    this.#sql = sql;
    this.#host = host;
    this.#clients = clients;
    this.#random = seeded(size.seed);
  }

  get memberships(): number {
    return this.#members.reduce((sum, topics) => sum + topics.size, 0);
  }

  async ask(command: Record<string, unknown>): Promise<ClientCounts> {
    return await this.#clients.ask(JSON.stringify(command));
  }

  /** Makes the members and opens a socket for each user. */
  async open(): Promise<void> {
    const { users, topics, topicsPerUser } = this.#size;
    const rows: { topic: string; user_id: string; writes: boolean }[] = [];
    const tokens: string[] = [];
    for (let user = 0; user < users; user++) {
      const own = new Set<number>();
      while (own.size < topicsPerUser) own.add(this.#random(topics));
      this.#members.push(own);
      for (const topic of own) rows.push({ topic: nameOf(topic), user_id: idOf(user), writes: false });
      tokens.push(await signToken({ sub: idOf(user) }));
    }
    await this.#sql`insert into public.realtime_members ${this.#sql(rows)}`;
    const members = this.#members.map((own) => [...own]);
    const { joined } = await this.ask({ op: "open", url: this.#host.url, tokens, members });
    if (joined !== rows.length) throw new Error(`Only ${joined} of ${rows.length} channels were joined`);
  }

  /** Sends messages to topics chosen at random, as the worker does. */
  async publish(): Promise<void> {
    for (let i = 0; i < this.#size.requestsPerRound; i++) {
      await this.#post(Array.from({ length: MESSAGES_PER_REQUEST }, () => this.#random(this.#size.topics)), false);
    }
  }

  async #post(topics: number[], last: boolean): Promise<void> {
    const messages = topics.map((topic) => ({
      topic: nameOf(topic),
      event: "message",
      private: true,
      payload: { topic, sentMs: Date.now(), sequence: ++this.#sequence, last },
    }));
    const response = await fetch(`${this.#host.url}/realtime/v1/api/broadcast`, {
      method: "POST",
      headers: { apikey: SECRET_KEY, "content-type": "application/json" },
      body: JSON.stringify({ messages }),
    });
    await response.body?.cancel();
    if (response.status !== 202) throw new Error(`The broadcast was refused: ${response.status}`);
  }

  /** Bans somebody, changes somebody's token, lets a stranger try, at their rate. */
  async disturb(nowMs: number): Promise<void> {
    await this.#admitAgain(nowMs);
    if (nowMs - this.#disturbedMs < 1_000 / this.#size.eventsPerSecond) return;
    this.#disturbedMs = nowMs;
    await this.#ban();
    await this.#changeToken(nowMs);
    const socket = this.#random(this.#size.users);
    const topic = this.#random(this.#size.topics);
    const stranger = !this.#members[socket]?.has(topic) && !this.#strayed.has(socket) &&
      !this.#banned.some((ban) => ban.user === socket && ban.topic === topic);
    if (stranger) await this.#tell({ op: "intrude", socket, topic });
  }

  /** Waits until every member has joined again, sends a last message to each topic; returns who must get it. */
  async settle(): Promise<number> {
    await this.#admitAgain(Infinity);
    const deadline = Date.now() + SETTLE_MS_MAX;
    for (;;) {
      const { joined, pending } = await this.ask({ op: "report" });
      if (pending === 0 && joined === this.memberships) break;
      if (Date.now() > deadline) throw new Error(`${joined} of ${this.memberships} members are back, ${pending} wait`);
      await pause(50);
    }
    await this.#post(Array.from({ length: this.#size.topics }, (_, topic) => topic), true);
    while ((await this.ask({ op: "report" })).lasts < this.memberships && Date.now() < deadline) await pause(50);
    return this.memberships;
  }

  async #ban(): Promise<void> {
    const user = this.#random(this.#size.users);
    const own = [...this.#members[user] as Set<number>];
    const topic = own[this.#random(own.length)];
    if (topic === undefined) return;
    this.#members[user]?.delete(topic);
    await this.#sql.begin((tx) => [
      tx`delete from public.realtime_members where topic = ${nameOf(topic)} and user_id = ${idOf(user)}`,
      tx`select realtime.reauthorize(${nameOf(topic)})`,
    ]);
    const atMs = Date.now();
    await this.#tell({ op: "ban", user, topic, atMs });
    this.bans++;
    this.#banned.push({ user, topic, untilMs: atMs + BAN_MS_MIN + this.#random(3_000) });
  }

  /** Three of five: the same user's new token; one: another user's; one: a forged one. */
  async #changeToken(nowMs: number): Promise<void> {
    const socket = this.#random(this.#size.users);
    if (this.#strayed.has(socket)) return;
    this.tokenChanges++;
    const kind = this.#random(5);
    const user = kind < 3 ? socket : this.#random(this.#size.users);
    const token = await signToken({ sub: idOf(user), session: this.#sequence + this.tokenChanges });
    const forged = kind === 4;
    await this.#tell({ op: "token", socket, user, token: forged ? `${token}x` : token, forged, atMs: Date.now() });
    if (kind >= 3) this.#strayed.set(socket, nowMs + BAN_MS_MIN);
  }

  async #admitAgain(nowMs: number): Promise<void> {
    for (const [socket, untilMs] of this.#strayed) {
      if (untilMs > nowMs) continue;
      this.#strayed.delete(socket);
      const token = await signToken({ sub: idOf(socket), back: ++this.#sequence });
      await this.#tell({ op: "restore", socket, token });
    }
    for (let i = this.#banned.length - 1; i >= 0; i--) {
      const { user, topic, untilMs } = this.#banned[i] as { user: number; topic: number; untilMs: number };
      if (untilMs > nowMs) continue;
      this.#banned.splice(i, 1);
      await this.#sql.begin((tx) => [
        tx`insert into public.realtime_members values (${nameOf(topic)}, ${idOf(user)}, false)`,
        tx`select realtime.reauthorize(${nameOf(topic)})`,
      ]);
      this.#members[user]?.add(topic);
      await this.#tell({ op: "admit", user, topic });
    }
  }

  async #tell(command: Record<string, unknown>): Promise<void> {
    await this.#clients.say(JSON.stringify(command));
  }
}

function nameOf(topic: number): string {
  return `test:isolation:${topic}`;
}

function idOf(user: number): string {
  return `00000000-0000-4000-8000-${user.toString().padStart(12, "0")}`;
}

function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor(state / 4_294_967_296 * below);
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

if (import.meta.main) {
  const print = (line: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
  const report = await runIsolation({
    seed: Number(Deno.args[0] ?? 1),
    topics: 200,
    users: 400,
    topicsPerUser: 10,
    deliveries: 1_000_000,
    requestsPerRound: 8,
    eventsPerSecond: 25,
  }, print);
  print(JSON.stringify(report));
  const { foreign, late, intruders, missed } = report;
  Deno.exit(foreign + late + intruders + Math.abs(missed) === 0 ? 0 : 1);
}
