import assert from "node:assert/strict";
import { type FrameTarget, Hub, Subscriber } from "./hub.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import { Presence } from "./presence.ts";
import { waitFor } from "./testing.ts";
import { textBroadcast } from "./wire.ts";

/** A target that counts its frames, and leaves its topic on the first one when it is `slow`. */
function subscribe(hub: Hub, presence: Presence, slow: boolean) {
  const seen: string[] = [];
  const take = (bytes: Uint8Array) => {
    seen.push(new TextDecoder().decode(bytes));
    if (!slow || seen.length > 1) return;
    hub.remove("0t", subscriber);
    presence.untrack("0t", "slow", ref);
  };
  const target: FrameTarget = {
    version: 2,
    send: (frame) => take(frame.bytes),
    sendRun: (run) => run.frames.forEach((frame) => take(frame.bytes)),
  };
  const subscriber = new Subscriber(target, true, true);
  hub.add("0t", subscriber);
  const ref = slow ? presence.track("0t", "realtime:t", "slow", {}, null) : "";
  return seen;
}

Deno.test("a subscriber closed in the middle of a broadcast costs the others nothing", () => {
  const hub = new Hub(DEFAULT_LIMITS);
  const presence = new Presence(hub);
  const lists = [false, true, false, true, false].map((slow) => subscribe(hub, presence, slow));
  hub.broadcast("0t", textBroadcast("realtime:t", "e", "1"));
  hub.broadcast("0t", textBroadcast("realtime:t", "e", "2"));
  assert.deepEqual(lists.map((seen) => seen.length), [2, 1, 2, 1, 2]);
  presence.stop();
});

Deno.test("who is closed while presence is told is missed by the others afterwards", async () => {
  const hub = new Hub(DEFAULT_LIMITS);
  const presence = new Presence(hub);
  const [staying] = [subscribe(hub, presence, false), subscribe(hub, presence, true)];
  await waitFor("the join and the leave", () => staying?.length === 2);
  assert.match(staying?.[0] ?? "", /"joins":\{"slow"/);
  assert.match(staying?.[1] ?? "", /"leaves":\{"slow"/);
  presence.stop();
});
