/** The clients of the isolation soak, in a process of their own; obeys JSON lines on standard input. */
import { createInterface } from "node:readline";
import process from "node:process";
import { RawClient } from "../../bench/realtime/raw_client.ts";
import { ANON_KEY } from "../../supabase/embedded/realtime/testing.ts";
import type { ClientCounts } from "./realtime_isolation.ts";

type Command =
  | { op: "open"; url: string; tokens: string[]; members: number[][] }
  | { op: "ban"; user: number; topic: number; atMs: number }
  | { op: "admit"; user: number; topic: number }
  | { op: "token"; socket: number; user: number; token: string; forged: boolean; atMs: number }
  | { op: "restore"; socket: number; token: string }
  | { op: "intrude"; socket: number; topic: number }
  | { op: "report" };

interface Channel {
  ref: string;
  joined: boolean;
  intruder: boolean;
  /** Whom the server takes it for. */
  user: number;
  /** Whom it took it for until a token change, and until when that excuses a message. */
  before: { user: number; untilMs: number } | null;
  lastSentMs: number;
}

interface Socket {
  client: RawClient;
  token: string;
  user: number;
  channels: Map<string, Channel>;
}

type Frame = [string | null, string | null, string, string, {
  status?: string;
  payload?: { topic: number; sentMs: number; last: boolean };
}];

/** How long a ban or a token change may take to count. */
const GRACE_MS = 2_000;
const AT_ONCE_MAX = 50;
// Joins a second and socket that the server grants, with room.
const REJOIN_MS = 100;
const PREFIX = "realtime:test:isolation:";

const sockets: Socket[] = [];
const members: Set<number>[] = [];
/** When `user topic` was banned, Unix ms. */
const bans = new Map<string, number>();
const counts: ClientCounts = {
  foreign: 0,
  late: 0,
  intruders: 0,
  deliveries: 0,
  lasts: 0,
  joined: 0,
  pending: 0,
  refusedJoins: 0,
  cuts_ms: [],
};
let refs = 0;

createInterface({ input: process.stdin }).on("line", async (line) => {
  if (line === "end") process.exit(0);
  const command = JSON.parse(line) as Command;
  if (command.op === "open") await open(command.url, command.tokens, command.members);
  else if (command.op !== "report") obey(command);
  if (command.op === "open" || command.op === "report") print(report());
});

async function open(url: string, tokens: string[], memberships: number[][]): Promise<void> {
  members.push(...memberships.map((topics) => new Set(topics)));
  let next = 0;
  const openSome = async () => {
    while (next < tokens.length) {
      const user = next++;
      await openSocket(Number(new URL(url).port), user, tokens[user] as string);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE_MAX }, openSome));
  while (report().pending > 0) await new Promise((resolve) => setTimeout(resolve, 20));
}

function openSocket(port: number, user: number, token: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const client = new RawClient(port, `/realtime/v1/websocket?vsn=2.0.0&apikey=${ANON_KEY}`, {
      onOpen: () => {
        for (const topic of members[user] ?? []) join(socket, topic, false);
        resolve();
      },
      onFrame: (opcode, payload) => {
        if (opcode === 1) onFrame(socket, JSON.parse(payload.toString()) as Frame);
      },
      onClose: (error) => {
        reject(error ?? new Error("A socket closed"));
        throw new Error("A client lost its connection");
      },
    });
    const socket: Socket = { client, token, user, channels: new Map() };
    sockets[user] = socket;
    setInterval(() => client.send('[null,"h","phoenix","heartbeat",{}]'), 25_000);
  });
}

function join(socket: Socket, topic: number, intruder: boolean): void {
  const ref = String(++refs);
  const wire = PREFIX + topic;
  const { token, user } = socket;
  socket.channels.set(wire, { ref, joined: false, intruder, user, before: null, lastSentMs: 0 });
  const config = { private: true, presence: { enabled: false } };
  socket.client.send(JSON.stringify([ref, ref, wire, "phx_join", { config, access_token: token }]));
}

function onFrame(socket: Socket, [joinRef, ref, wire, event, body]: Frame): void {
  const channel = socket.channels.get(wire);
  if (event === "broadcast") return onMessage(channel, wire, body.payload as NonNullable<Frame[4]["payload"]>);
  if (channel === undefined || (joinRef ?? ref) !== channel.ref) return;
  if (event === "phx_reply" && ref === channel.ref) {
    if (body.status === "ok") {
      channel.joined = true;
      // A stranger may have been admitted while the answer was on its way.
      if (channel.intruder && !isMember(channel.user, topicOf(wire))) counts.intruders++;
    } else {
      counts.refusedJoins++;
      socket.channels.delete(wire);
    }
  } else if (event === "phx_close") {
    const bannedMs = bans.get(`${channel.user} ${topicOf(wire)}`);
    if (bannedMs !== undefined) counts.cuts_ms.push(Date.now() - bannedMs);
    socket.channels.delete(wire);
  }
}

function onMessage(channel: Channel | undefined, wire: string, message: NonNullable<Frame[4]["payload"]>): void {
  counts.deliveries++;
  if (message.last) counts.lasts++;
  const topic = topicOf(wire);
  if (channel === undefined || !channel.joined || message.topic !== topic) {
    counts.foreign++;
    return;
  }
  channel.lastSentMs = message.sentMs;
  if (isMember(channel.user, topic)) return;
  const { before } = channel;
  if (before !== null && message.sentMs < before.untilMs && isMember(before.user, topic)) return;
  const bannedMs = bans.get(`${channel.user} ${topic}`) ?? bans.get(`${before?.user} ${topic}`);
  if (bannedMs === undefined) counts.foreign += before === null || message.sentMs >= before.untilMs ? 1 : 0;
  else if (message.sentMs > bannedMs + GRACE_MS) counts.late++;
}

function isMember(user: number, topic: number): boolean {
  return members[user]?.has(topic) ?? false;
}

function topicOf(wire: string): number {
  return Number(wire.slice(PREFIX.length));
}

function obey(command: Exclude<Command, { op: "open" | "report" }>): void {
  if (command.op === "ban") return ban(command.user, command.topic, command.atMs);
  if (command.op === "admit") {
    members[command.user]?.add(command.topic);
    bans.delete(`${command.user} ${command.topic}`);
    return;
  }
  const socket = sockets[command.socket] as Socket;
  if (command.op === "intrude") {
    // The server holds one channel of a name on a socket.
    if (!socket.channels.has(PREFIX + command.topic)) join(socket, command.topic, true);
    return;
  }
  const user = command.op === "restore" ? command.socket : command.user;
  const untilMs = Date.now() + GRACE_MS;
  socket.token = command.token;
  socket.user = user;
  for (const [wire, channel] of socket.channels) {
    channel.before = { user: channel.user, untilMs };
    channel.user = user;
    const forged = command.op === "token" && command.forged;
    socket.client.send(JSON.stringify([channel.ref, null, wire, "access_token", { access_token: command.token }]));
    // Nobody: its messages count as foreign once the grace is over.
    if (forged) channel.user = -1;
  }
}

function ban(user: number, topic: number, atMs: number): void {
  members[user]?.delete(topic);
  bans.set(`${user} ${topic}`, atMs);
  for (const { channels } of sockets) {
    const channel = channels.get(PREFIX + topic);
    if (channel?.user === user && channel.lastSentMs > atMs + GRACE_MS) counts.late++;
  }
}

/** Members come back to the topics they lost, but only under their own name. */
setInterval(() => {
  for (const [user, socket] of sockets.entries()) {
    if (socket?.user !== user || socket.token.endsWith("x")) continue;
    for (const topic of members[user] ?? []) {
      if (!socket.channels.has(PREFIX + topic)) join(socket, topic, false);
    }
  }
}, REJOIN_MS);

function report(): ClientCounts {
  counts.joined = 0;
  counts.pending = 0;
  for (const { channels } of sockets) {
    for (const channel of channels.values()) {
      if (channel.joined) counts.joined++;
      else counts.pending++;
    }
  }
  return counts;
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
