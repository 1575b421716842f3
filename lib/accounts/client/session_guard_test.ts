import assert from "node:assert/strict";
import type { TopicListener } from "../../realtime/client/connection.ts";
import { guardSession } from "./session_guard.ts";

Deno.test("guardSession() has the session checked when one has ended, and for nothing else", () => {
  const listeners: TopicListener[] = [];
  let stopped = false;
  let checks = 0;
  const stop = guardSession({
    connection: {
      subscribe(name, event, listener) {
        assert.deepEqual([name, event], ["user:u-1", "notification"]);
        listeners.push(listener);
        return () => stopped = true;
      },
    },
    userId: "u-1",
    check: () => checks++,
  });
  for (const payload of [null, "session_ended", { kind: "new_device" }, { data: { kind: "session_ended" } }]) {
    listeners[0]?.onPayload(payload);
  }
  assert.equal(checks, 0);
  listeners[0]?.onPayload({ kind: "session_ended", data: { session_id: "s" } });
  assert.equal(checks, 1);
  stop();
  assert.equal(stopped, true);
});
