import { obey, ready, UPDATES_PER_TICK, updatesOf } from "./control.mjs";

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
let tick = 0;
obey(() => {
  tick++;
  for (const update of updatesOf(tick, UPDATES_PER_TICK)) server.publish("market", JSON.stringify(update));
});
