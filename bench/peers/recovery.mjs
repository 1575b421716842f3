// Socket.IO's part of the recovery benchmark: server and clients in one process, the same drops and messages as ours.
// Arguments: JSON of {clients, seconds, perSecond, dropShare, seed, recovery}. Prints one line of JSON.
import { createServer } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { io as connect } from "socket.io-client";
import { Server } from "socket.io";
import { drawFrom } from "./control.mjs";

const { clients: count, seconds, perSecond, dropShare, seed, recovery } = JSON.parse(process.argv[2] ?? "{}");
const SETTLE_MAX_ms = 15_000;
const http = createServer();
const io = new Server(http, recovery ? { connectionStateRecovery: {} } : {});
io.on("connection", (socket) => {
  // Rooms survive a recovered connection; a fresh one joins again, as every application does.
  if (!socket.recovered) socket.join("room");
});
await new Promise((resolve) => http.listen(0, "127.0.0.1", 1024, resolve));
const url = `http://127.0.0.1:${http.address().port}`;
const clients = await Promise.all(Array.from({ length: count }, openClient));

let sent = 0;
let drops = 0;
const draw = drawFrom(seed);
const start = performance.now();
for (let tick = 0; tick < seconds * perSecond; tick++) {
  // Not before everybody has had a message: without one Socket.IO's recovery does not begin.
  if (tick > 0 && tick % perSecond === 0) {
    for (let i = 0; i < count * dropShare; i++) {
      const client = clients[draw(count)];
      if (!client.socket.connected) continue;
      drops++;
      client.socket.io.engine.close();
    }
  }
  io.to("room").emit("chat", ++sent);
  await delay(Math.max(0, start + (tick + 1) * 1_000 / perSecond - performance.now()));
}
const settleUntil = performance.now() + SETTLE_MAX_ms;
while (clients.some((client) => !client.socket.connected) && performance.now() < settleUntil) await delay(50);
// What a recovered connection missed comes right behind its connect packet.
await delay(1_000);
const lost = clients.reduce((sum, client) => sum + sent - client.got.size, 0);
process.stdout.write(`${JSON.stringify({ sent, drops, lost, due: sent * count })}\n`);
process.exit(0);

async function openClient() {
  // Reconnection and its delays are the client's defaults.
  const socket = connect(url, { transports: ["websocket"], forceNew: true });
  const got = new Set();
  socket.on("chat", (number) => got.add(number));
  await new Promise((resolve) => socket.once("connect", resolve));
  return { socket, got };
}
