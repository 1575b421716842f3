import type { Connection } from "../../realtime/client/connection.ts";

/** What a page's guard works with. */
export interface GuardOptions {
  connection: Pick<Connection, "subscribe">;
  userId: string;
  /** Goes to the page where the web finds out whether this session has ended. */
  check: () => void;
}

/**
 * Listens for the end of the user's sessions. Which of them ended is the web's to find out: a page does not know its
 * own session's id.
 * @returns a function that stops listening.
 */
export function guardSession({ connection, userId, check }: GuardOptions): () => void {
  return connection.subscribe(`user:${userId}`, "notification", {
    onJoined() {},
    onPayload(payload) {
      if (typeof payload === "object" && payload !== null && "kind" in payload && payload.kind === "session_ended") {
        check();
      }
    },
  });
}
