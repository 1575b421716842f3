import assert from "node:assert/strict";
import { Refusal } from "../problem.ts";
import { Deployment } from "./deployment.ts";

function deploymentOf(answers: (string | null | Error)[], mode: "local" | "production" = "local") {
  const state = { calls: 0, nowMs: 1_000_000 };
  const rpc = {
    call: () => {
      const answer = answers[Math.min(state.calls++, answers.length - 1)];
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
  };
  return { deployment: new Deployment({ rpc, mode, nowMs: () => state.nowMs }), state };
}

Deno.test("requireOwn() asks once while the database is ours", async () => {
  const { deployment, state } = deploymentOf(["local"]);
  await Promise.all([deployment.requireOwn(), deployment.requireOwn()]);
  state.nowMs += 60_000;
  await deployment.requireOwn();
  assert.equal(state.calls, 1);
});

Deno.test("requireOwn() refuses a database of the other mode, and notices when that changes", async () => {
  const { deployment, state } = deploymentOf(["production", "local"]);
  await assert.rejects(deployment.requireOwn(), { code: "mode_mismatch" });
  state.nowMs += 2_000;
  await deployment.requireOwn();
});

Deno.test("requireOwn() lets requests through while the database is unclaimed or out of reach", async () => {
  const { deployment, state } = deploymentOf([null, new Refusal("upstream_unavailable", "away")]);
  await deployment.requireOwn();
  assert.equal(await deployment.state(), "unclaimed");
  state.nowMs += 2_000;
  await deployment.requireOwn();
  assert.equal(await deployment.state(), "unreachable");
});

Deno.test("probe() notices that a database went away, and asks at most once a second", async () => {
  const { deployment, state } = deploymentOf(["local", new Refusal("upstream_unavailable", "away")]);
  assert.equal(await deployment.probe(), "ok");
  assert.equal(await deployment.probe(), "ok");
  state.nowMs += 1_500;
  assert.equal(await deployment.probe(), "unreachable");
  assert.equal(state.calls, 2);
});
