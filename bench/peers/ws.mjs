import { WebSocketServer } from "ws";
import { obey, ready } from "./control.mjs";

const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false, backlog: 1024 });
server.on("listening", () => ready(server.address().port));
obey((updates) => {
  for (const update of updates) {
    const text = JSON.stringify(update);
    for (const client of server.clients) client.send(text);
  }
});
