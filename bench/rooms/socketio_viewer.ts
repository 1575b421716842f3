import { RawClient } from "../realtime/raw_client.ts";
import { SOCKET_IO } from "../realtime/greetings.ts";
import { type Tally, Viewer } from "./viewer.ts";

interface ChatMessage {
  message_id: string;
  message: string;
}

/** Packets of Socket.IO's protocol: an event, and the acknowledgement of the one event that asks for it. */
const EVENT = "42";
const ACKNOWLEDGEMENT = "430";
const JOIN = "420";

/**
 * Watches the Socket.IO server's room: `join` says who watches and the last message known, and its acknowledgement
 * brings what came since, as such applications do.
 */
export class SocketIoViewer extends Viewer {
  readonly #port: number;
  readonly #viewer: string;
  #joined = false;
  #lastId = "";

  /** @param viewer who watches, however many tabs. */
  constructor(port: number, viewer: string, tally: Tally, draw: (below: number) => number) {
    super(tally, draw);
    this.#port = port;
    this.#viewer = viewer;
  }

  /** The server pings. */
  override beat(): void {}

  protected override async enter(): Promise<void> {}

  protected override sayBye(): Promise<void> {
    this.stopped = true;
    this.client?.send(`${EVENT}${JSON.stringify(["leave"])}`);
    return Promise.resolve();
  }

  protected override connect(): RawClient {
    const client = new RawClient(this.#port, SOCKET_IO.path, {
      onOpen() {},
      onFrame: (opcode, payload) => {
        if (opcode === 1) this.#onPacket(client, payload.toString());
      },
      onClose: () => {
        this.#joined = false;
        this.closed();
      },
    });
    return client;
  }

  #onPacket(client: RawClient, packet: string): void {
    if (packet === "2") return client.send("3");
    if (packet.startsWith(EVENT)) {
      const [event, payload] = JSON.parse(packet.slice(EVENT.length)) as [
        string,
        ChatMessage & { viewer_count: number },
      ];
      if (event === "viewer_count") this.viewerCount = payload.viewer_count;
      if (event === "chat_message") this.#take(payload, "live");
    } else if (packet.startsWith(ACKNOWLEDGEMENT)) {
      const [missed] = JSON.parse(packet.slice(ACKNOWLEDGEMENT.length)) as [ChatMessage[]];
      for (const message of missed) this.#take(message, "recovered");
      this.#joined = true;
      this.caughtUp();
    } else {
      const { send, done } = SOCKET_IO.answer(packet);
      if (send !== undefined) client.send(send);
      if (done && !this.#joined) {
        client.send(`${JOIN}${JSON.stringify(["join", { viewer: this.#viewer, after: this.#lastId }])}`);
      }
    }
  }

  #take({ message_id, message }: ChatMessage, by: "live" | "recovered"): void {
    this.take(message_id, message, by);
    if (message_id > this.#lastId) this.#lastId = message_id;
  }
}
