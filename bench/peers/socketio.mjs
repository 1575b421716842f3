import { createServer } from "node:http";
import { Server } from "socket.io";
import { obey, ready } from "./control.mjs";

const http = createServer();
const io = new Server(http, { transports: ["websocket"], perMessageDeflate: false });
io.on("connection", (socket) => socket.join("market"));
http.listen(0, "127.0.0.1", 1024, () => ready(http.address().port));
obey((updates) => {
  for (const update of updates) io.to("market").emit("candle", update);
});
