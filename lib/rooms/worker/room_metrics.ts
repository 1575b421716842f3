import { Counter, Gauge, Histogram, type Registry } from "prom-client";

/** What one turn of `rooms_due()` came to. */
export interface RoomsTurn {
  rooms: number;
  viewers: number;
  /** Said in all rooms since the last turn. */
  messages: number;
  /** Rooms that were told their viewers' number. */
  told: number;
  /** Tabs that said nothing any more. */
  expired: number;
  /** Rooms whose streamer was gone. */
  ended: number;
  /** Epochs that had waited. */
  raised: number;
}

/** What the rooms' keeper shows to Prometheus. Where another process counts, all is zero, so that sums are right. */
export class RoomMetrics {
  readonly held: Gauge;
  readonly #live: Gauge;
  readonly #viewers: Gauge;
  readonly #messages: Counter;
  readonly #acts: Counter<"act">;
  readonly seconds: Histogram;

  constructor(registry: Registry) {
    const registers = [registry];
    this.held = new Gauge({
      name: "rooms_lease_held",
      help: "1 while this process runs the rooms, 0 while it stands by",
      registers,
    });
    this.#live = new Gauge({ name: "rooms_live", help: "Rooms that are live", registers });
    this.#viewers = new Gauge({ name: "room_viewers", help: "Viewers of all live rooms", registers });
    this.#messages = new Counter({
      name: "room_messages_total",
      help: "Messages said in rooms, tips and cards too",
      registers,
    });
    this.#acts = new Counter({
      name: "room_acts_total",
      help: "What was done: rooms told of their viewers, tabs expired, abandoned rooms ended, epochs raised",
      labelNames: ["act"] as const,
      registers,
    });
    this.seconds = new Histogram({
      name: "rooms_turn_seconds",
      help: "Time of one turn in the database",
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers,
    });
  }

  /** Shows a turn. */
  show({ rooms, viewers, messages, ...acts }: RoomsTurn): void {
    this.#live.set(rooms);
    this.#viewers.set(viewers);
    this.#messages.inc(messages);
    for (const act of ["told", "expired", "ended", "raised"] as const) this.#acts.inc({ act }, acts[act]);
  }

  /** Another process counts now. */
  clear(): void {
    this.#live.set(0);
    this.#viewers.set(0);
  }
}
