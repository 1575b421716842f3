/** How a kind of server is greeted: the upgrade's path, and what is said until the client is subscribed. */
export interface Greeting {
  path: string;
  /** Said as soon as the socket is open; null where the upgrade is all. */
  first: string | null;
  /** What a text frame that came asks for; `done` ends the greeting. Throws when the server refuses. */
  answer(frame: string): { send?: string; done?: boolean };
}

/** The greeting of a plain WebSocket server: none. */
export const PLAIN: Greeting = { path: "/", first: null, answer: () => ({ done: true }) };

/** Engine.IO's open packet, then Socket.IO's connect packet to the main namespace. */
export const SOCKET_IO: Greeting = {
  path: "/socket.io/?EIO=4&transport=websocket",
  first: null,
  answer: (frame) => frame.startsWith("0") ? { send: "40" } : { done: frame.startsWith("40") },
};

/** A stock client's join of a private channel; `broadcast` goes into its configuration. */
export function realtimeGreeting(apiKey: string, topic: string, broadcast: Record<string, unknown> = {}): Greeting {
  const config = {
    private: true,
    broadcast: { ack: false, self: false, ...broadcast },
    presence: { enabled: false, key: "" },
    postgres_changes: [],
  };
  return {
    path: `/realtime/v1/websocket?vsn=2.0.0&apikey=${apiKey}`,
    first: JSON.stringify(["1", "1", `realtime:${topic}`, "phx_join", { config }]),
    answer(frame) {
      if (frame.includes('"status":"error"')) throw new Error(`The join was refused: ${frame}`);
      return { done: frame.includes('"phx_reply"') && frame.includes('"ok"') };
    },
  };
}
