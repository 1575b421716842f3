import { WebSocketServer } from "ws";
import { obey, ready, UPDATES_PER_TICK, updatesOf } from "./control.mjs";

const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false, backlog: 1024 });
server.on("listening", () => ready(server.address().port));
let tick = 0;
obey(() => {
  tick++;
  for (const update of updatesOf(tick, UPDATES_PER_TICK)) {
    const text = JSON.stringify(update);
    for (const client of server.clients) client.send(text);
  }
});
