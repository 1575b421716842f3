import assert from "node:assert/strict";
import { Hono } from "hono";
import { type AppEnv, peerOf } from "./context.ts";

Deno.test("peerOf() is who connected, whatever the request's headers say", async () => {
  const app = new Hono<AppEnv>().get("/", (c) => c.json(peerOf(c)));
  const headers = { "x-forwarded-for": "198.51.100.1" };
  const connected = { remoteAddr: { transport: "tcp" as const, hostname: "203.0.113.9", port: 1 } };
  assert.equal(await (await app.request("/", { headers }, connected)).json(), "203.0.113.9");
  assert.equal(await (await app.request("/", { headers })).json(), null);
});
