/**
 * The audience of the rooms benchmark: many viewers in one process. Obeys lines on standard input and answers each:
 * `drop <n>`, `crash <n>`, `leave <n>` strike that many, drawn by chance, those without an account alone except for
 * drops; `state <sent>` tells how many of that many messages are missing, and `report` what was seen.
 */
import { createInterface } from "node:readline";
import process from "node:process";
import { drawFrom } from "../peers/control.mjs";
import { type RoomPlace, RoomViewer } from "./room_viewer.ts";
import { SocketIoViewer } from "./socketio_viewer.ts";
import { Tally, type Viewer } from "./viewer.ts";

/** What an audience is told at its start. */
export interface AudiencePlan {
  kind: "outcry" | "socket.io";
  port: number;
  place: RoomPlace | null;
  /** Access tokens of those who have an account, one tab each. */
  tokens: string[];
  /** How many have none. */
  strangers: number;
  seed: number;
}

/** How it stands. */
export interface AudienceState {
  missing: number;
  /** Viewers who still watch. */
  watching: number;
  /** How often the room has moved, for the last of them. */
  moves: number;
  /** The least and the greatest of the viewer counts they have been told. */
  count_min: number;
  count_max: number;
}

/** What was seen. */
export interface AudienceReport {
  /** [step, how many] of {@link Tally}. */
  live: [number, number][];
  recovered: [number, number][];
  away_ms: number[];
  drops: number;
  failures: number;
  calls: number;
  movedMs: number;
  doubled: number;
}

/** How many connect at once, so that the listen queue does not overflow. */
const AT_ONCE_MAX = 25;
/** A stock client's. */
const HEARTBEAT_EVERY_ms = 25_000;

const plan = JSON.parse(process.argv[2] ?? "{}") as AudiencePlan;
const draw = drawFrom(plan.seed);
const tally = new Tally();
const strangers = Array.from({ length: plan.strangers }, (_, i) => viewerOf(null, `${plan.seed}-${i}`));
const members = plan.tokens.map((token, i) => viewerOf(token, `member-${i}`));
const viewers = [...members, ...strangers];
const gone = new Set<Viewer>();

await openAll();
setInterval(() => {
  for (const viewer of viewers) if (!gone.has(viewer)) viewer.beat();
}, HEARTBEAT_EVERY_ms);
print({ opened: viewers.length });
createInterface({ input: process.stdin }).on("line", async (line) => {
  const [command, argument] = line.split(" ");
  const count = Number(argument);
  if (command === "drop") print({ dropped: strike(viewers, count, (viewer) => viewer.drop()) });
  if (command === "crash") print({ crashed: strike(strangers, count, (viewer) => (viewer.crash(), true)) });
  if (command === "leave") {
    const leaving: Promise<void>[] = [];
    const left = strike(strangers, count, (viewer) => leaving.push(viewer.leave()) > 0);
    await Promise.all(leaving);
    print({ left });
  }
  if (command === "state") print(stateOf(count));
  if (command === "report") print(report());
  if (command === "end") process.exit(0);
});

function viewerOf(token: string | null, name: string): Viewer {
  return plan.place === null
    ? new SocketIoViewer(plan.port, name, tally, draw)
    : new RoomViewer(plan.place, token, tally, draw);
}

async function openAll(): Promise<void> {
  let next = 0;
  const some = async () => {
    for (let viewer = viewers[next++]; viewer; viewer = viewers[next++]) await viewer.open();
  };
  await Promise.all(Array.from({ length: AT_ONCE_MAX }, some));
}

/** Strikes `count` of them, or as many as a bounded number of draws finds; who crashed or left is gone. */
function strike(among: Viewer[], count: number, blow: (viewer: Viewer) => boolean): number {
  let struck = 0;
  for (let tries = 0; struck < count && tries < 10 * count; tries++) {
    const viewer = among[draw(among.length)];
    if (!viewer || gone.has(viewer) || !blow(viewer)) continue;
    struck++;
    if (viewer.isGone) gone.add(viewer);
  }
  return struck;
}

function stateOf(sent: number): AudienceState {
  const watching = viewers.filter((viewer) => !gone.has(viewer));
  const counts = watching.map(({ viewerCount }) => viewerCount);
  return {
    missing: watching.reduce((sum, { got }) => sum + sent - got.size, 0),
    watching: watching.length,
    moves: Math.min(...watching.map(({ moves }) => moves)),
    count_min: Math.min(...counts),
    count_max: Math.max(...counts),
  };
}

function report(): AudienceReport {
  const { live, recovered, away_ms, drops, failures, calls, movedMs, doubled } = tally;
  return { live: [...live], recovered: [...recovered], away_ms, drops, failures, calls, movedMs, doubled };
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
