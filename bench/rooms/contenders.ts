import { fileURLToPath } from "node:url";
import postgres from "postgres";
import { LineProcess } from "../line_process.ts";
import { drawFrom } from "../peers/control.mjs";
import { SOCKET_IO } from "../realtime/greetings.ts";
import { RawClient } from "../realtime/raw_client.ts";
import type { AudiencePlan } from "./load.ts";
import { callRoom, type RoomPlace, RoomViewer } from "./room_viewer.ts";
import { Tally } from "./viewer.ts";

const here = fileURLToPath(new URL("./", import.meta.url));
const peers = fileURLToPath(new URL("../peers/", import.meta.url));

/** Who is in the room. */
export interface Crowd {
  viewers: number;
  /** Of them, those who talk: each watches in two tabs, the others in one. */
  speakers: number;
  audience_processes: number;
}

/** A server with a room, and how one speaks in it. */
export interface Room extends AsyncDisposable {
  name: "outcry" | "socket.io";
  pid: number;
  plans: AudiencePlan[];
  /** Says something as speaker number `who`; throws when it was not taken. */
  send(who: number, clientId: string, message: string): Promise<void>;
  /** Watches as somebody who is banned after; null where nobody is. */
  openRowdy(): Promise<Rowdy | null>;
  /** How many messages the server has. */
  stored(): Promise<number | null>;
}

/** Somebody to be banned. */
export interface Rowdy {
  /** Numbers of the messages heard. */
  heard(): Iterable<number>;
  ban(): Promise<void>;
  close(): void;
}

/** Our own server, worker and database, with a live room. */
export async function openOurs(crowd: Crowd): Promise<Room> {
  const args = ["run", "-A", `${here}server.ts`, String(crowd.speakers)];
  const process = new LineProcess(Deno.execPath(), args, here);
  const hello = await process.read<
    & { port: number; publishableKey: string; dbUrl: string; streamId: string; tokens: string[] }
    & { streamerToken: string; rowdyId: string; rowdyToken: string }
  >();
  const { streamId, tokens } = hello;
  const place: RoomPlace = { url: `http://127.0.0.1:${hello.port}`, apiKey: hello.publishableKey, streamId };
  const sql = postgres(hello.dbUrl, { max: 1, onnotice: () => {} });
  const { pid } = await process.ask<{ pid: number }>("usage");
  return {
    name: "outcry",
    pid,
    plans: plansOf(crowd, "outcry", hello.port, place, tokens),
    async send(who, p_client_id, p_message) {
      await callRoom(place, tokens[who] ?? null, "send_message", { p_stream_id: streamId, p_client_id, p_message });
    },
    async openRowdy() {
      const viewer = new RoomViewer(place, hello.rowdyToken, new Tally(), drawFrom(1));
      await viewer.open();
      return {
        heard: () => viewer.got.keys(),
        async ban() {
          const args = { p_stream_id: streamId, p_user_id: hello.rowdyId };
          await callRoom(place, hello.streamerToken, "ban_user", args);
        },
        close: () => viewer.crash(),
      };
    },
    async stored() {
      const [row] = await sql`select count(*)::integer as n from public.stream_messages where stream_id = ${streamId}`;
      return row?.n;
    },
    async [Symbol.asyncDispose]() {
      await sql.end();
      await process[Symbol.asyncDispose]();
    },
  };
}

/** The same room in one Socket.IO process. */
export async function openSocketIo(crowd: Crowd): Promise<Room> {
  const process = new LineProcess("node", ["chat.mjs"], peers);
  const { port } = await process.read<{ port: number }>();
  const { pid } = await process.ask<{ pid: number }>("usage");
  const speakers = await Promise.all(Array.from({ length: crowd.speakers }, (_, who) => openSpeaker(port, who)));
  return {
    name: "socket.io",
    pid,
    plans: plansOf(crowd, "socket.io", port, null, speakers.map(() => "")),
    async send(who, client_id, message) {
      await speakers[who]?.send({ client_id, message, username: `speaker${who}` });
    },
    openRowdy: () => Promise.resolve(null),
    stored: () => Promise.resolve(null),
    async [Symbol.asyncDispose]() {
      for (const speaker of speakers) speaker.close();
      await process[Symbol.asyncDispose]();
    },
  };
}

/** A socket that speaks and is told so, but watches nothing. */
function openSpeaker(port: number, who: number): Promise<{ send(message: object): Promise<void>; close(): void }> {
  const waiting = new Map<number, () => void>();
  let sent = 0;
  return new Promise((resolve) => {
    const client = new RawClient(port, SOCKET_IO.path, {
      onOpen() {},
      onFrame(opcode, payload) {
        if (opcode !== 1) return;
        const packet = payload.toString();
        const acknowledged = /^43(\d+)/.exec(packet)?.[1];
        if (packet === "2") return client.send("3");
        if (acknowledged !== undefined) return waiting.get(Number(acknowledged))?.();
        const { send, done } = SOCKET_IO.answer(packet);
        if (send !== undefined) client.send(send);
        if (done) resolve({ send: say, close: () => client.destroy() });
      },
      onClose() {},
    });
    const say = (message: object) =>
      new Promise<void>((taken) => {
        const id = who * 10_000 + sent++;
        waiting.set(id, taken);
        client.send(`42${id}${JSON.stringify(["send", message])}`);
      });
  });
}

function plansOf(
  { audience_processes, viewers, speakers }: Crowd,
  kind: AudiencePlan["kind"],
  port: number,
  place: RoomPlace | null,
  tokens: string[],
): AudiencePlan[] {
  const strangers = viewers - speakers;
  return Array.from({ length: audience_processes }, (_, i) => ({
    ...{ kind, port, place, seed: i + 1 },
    tokens: i < 2 ? tokens : [],
    strangers: Math.floor(strangers / audience_processes) + (i < strangers % audience_processes ? 1 : 0),
  }));
}

/** Viewers of a room, in a process of their own. */
export function openAudience(plan: AudiencePlan): LineProcess {
  return new LineProcess(Deno.execPath(), ["run", "-A", `${here}load.ts`, JSON.stringify(plan)], here);
}
