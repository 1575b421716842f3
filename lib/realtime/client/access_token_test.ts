import assert from "node:assert/strict";
import { type AccessToken, createTokenSource, parseAccessToken } from "./access_token.ts";

function createSource(answers: (AccessToken | null | Error)[]) {
  const state = { now: 0, loads: 0 };
  const source = createTokenSource(() => {
    const answer = answers[state.loads++];
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer ?? null);
  }, () => state.now);
  return { source, state };
}

Deno.test("a token is fetched once and again before it ends", async () => {
  const { source, state } = createSource([{ value: "a", expiresAtMs: 900_000 }, {
    value: "b",
    expiresAtMs: 1_800_000,
  }]);
  assert.equal(await source(), "a");
  state.now = 839_000;
  assert.equal(await source(), "a");
  assert.equal(state.loads, 1);
  state.now = 841_000;
  assert.equal(await source(), "b");
  assert.equal(state.loads, 2);
});

Deno.test("concurrent callers share one request", async () => {
  const { source, state } = createSource([{ value: "a", expiresAtMs: 900_000 }]);
  assert.deepEqual(await Promise.all([source(), source(), source()]), ["a", "a", "a"]);
  assert.equal(state.loads, 1);
});

Deno.test("a failing endpoint leaves the token that still lives, and is not hammered", async () => {
  const { source, state } = createSource([{ value: "a", expiresAtMs: 100_000 }, new Error("503"), new Error("503")]);
  await source();
  state.now = 50_000;
  assert.equal(await source(), "a");
  assert.equal(await source(), "a");
  assert.equal(state.loads, 2);
  state.now = 100_001;
  assert.equal(await source(), null);
});

Deno.test("who is not signed in is asked for no second time", async () => {
  const { source, state } = createSource([null]);
  assert.equal(await source(), null);
  state.now = 60_000;
  assert.equal(await source(), null);
  assert.equal(state.loads, 1);
});

Deno.test("parseAccessToken() reads RFC 3339 and refuses other shapes", () => {
  assert.deepEqual(parseAccessToken({ access_token: "x", expires_at: "1970-01-01T00:00:10Z" }), {
    value: "x",
    expiresAtMs: 10_000,
  });
  for (const body of [null, {}, { access_token: "x" }, { access_token: 1, expires_at: "1970-01-01T00:00:10Z" }]) {
    assert.equal(parseAccessToken(body), null);
  }
});
