import { obey, ready } from "./control.mjs";

const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch: (request, self) => self.upgrade(request) ? undefined : new Response("no", { status: 400 }),
  websocket: {
    open: (socket) => socket.subscribe("market"),
    message() {},
  },
});
ready(server.port);
obey((updates) => {
  for (const update of updates) server.publish("market", JSON.stringify(update));
});
