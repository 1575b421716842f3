import { createServer } from "node:http";
import { Server } from "socket.io";
import { obey, ready, UPDATES_PER_TICK, updatesOf } from "./control.mjs";

const http = createServer();
const io = new Server(http, { transports: ["websocket"], perMessageDeflate: false });
io.on("connection", (socket) => socket.join("market"));
http.listen(0, "127.0.0.1", 1024, () => ready(http.address().port));
let tick = 0;
obey(() => {
  tick++;
  for (const update of updatesOf(tick, UPDATES_PER_TICK)) io.to("market").emit("candle", update);
});
