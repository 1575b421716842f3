// Socket.IO's part of the rooms benchmark: a room with viewers, chat and a viewer count, as its applications are
// written. Nothing is stored but in memory and nobody is asked who they are, both in its favour.
import { createServer } from "node:http";
import { Server } from "socket.io";
import { obey, ready } from "./control.mjs";

const COUNT_EVERY_ms = 1_000;
const MESSAGE_LENGTH_MAX = 500;
const http = createServer();
const io = new Server(http, { transports: ["websocket"], perMessageDeflate: false });
/** Messages in their order; an id is twelve digits. */
const history = [];
/** Answers by client id, so that a retry is said once. */
const answers = new Map();
/** How many tabs each viewer has. */
const tabs = new Map();
let told = -1;

io.on("connection", (socket) => {
  let viewer = null;
  const leave = () => {
    if (viewer === null) return;
    const left = tabs.get(viewer) - 1;
    if (left === 0) tabs.delete(viewer);
    else tabs.set(viewer, left);
    viewer = null;
  };
  socket.on("join", (join, acknowledge) => {
    viewer = join.viewer;
    tabs.set(viewer, (tabs.get(viewer) ?? 0) + 1);
    socket.join("room");
    acknowledge(history.slice(join.after === "" ? 0 : Number(join.after)));
  });
  socket.on("send", ({ client_id, message, username }, acknowledge) => {
    const text = String(message).trim();
    if (text.length < 1 || text.length > MESSAGE_LENGTH_MAX) return acknowledge({ code: "invalid_message" });
    if (!answers.has(client_id)) {
      const said = {
        message_id: String(history.length + 1).padStart(12, "0"),
        stream_id: "room",
        user_id: username,
        username,
        role: null,
        message: text,
        message_type: "TEXT",
        data: {},
        created_at: new Date().toISOString(),
      };
      history.push(said);
      answers.set(client_id, said);
      io.to("room").emit("chat_message", said);
    }
    acknowledge({ message: answers.get(client_id) });
  });
  socket.on("leave", leave);
  socket.on("disconnect", leave);
});
setInterval(() => {
  if (tabs.size === told) return;
  told = tabs.size;
  io.to("room").emit("viewer_count", { viewer_count: told });
}, COUNT_EVERY_ms);
http.listen(0, "127.0.0.1", 1024, () => ready(http.address().port));
obey(() => {});
