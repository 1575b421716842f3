import assert from "node:assert/strict";
import { Refusal } from "../../kernel/problem.ts";
import type { AuthAnswer } from "./auth.ts";
import { type CookieJar, readSessionCookie, writeSessionCookie } from "./cookies.ts";
import { Sessions } from "./sessions.ts";

const NAME = "outcry-8000";
const NOW_MS = 1_800_000_000_000;
const SUB = "0197a1b2-0000-4000-8000-000000000001";

class Jar implements CookieJar {
  readonly sent = new Map<string, string>();
  set(name: string, value: string, { maxAgeSeconds }: { maxAgeSeconds: number }): void {
    if (maxAgeSeconds === 0) this.sent.delete(name);
    else this.sent.set(name, value);
  }
}

function jarWith(secondsLeft: number, refreshToken = "r1"): Jar {
  const jar = new Jar();
  writeSessionCookie(jar, NAME, {
    access_token: "old",
    refresh_token: refreshToken,
    expires_at: NOW_MS / 1000 + secondsLeft,
  });
  return jar;
}

const renewed: AuthAnswer = {
  ok: true,
  session: { access_token: "new", refresh_token: "r2", expires_at: NOW_MS / 1000 + 900 },
};

/** Sessions whose verifier knows the tokens named, and whose Auth answers as told. */
function sessionsOf({ valid, refresh }: { valid: string[]; refresh: () => Promise<AuthAnswer> }) {
  const state = { refreshes: 0, nowMs: NOW_MS };
  const sessions = new Sessions({
    cookieName: NAME,
    nowMs: () => state.nowMs,
    tokens: {
      verify: (token) => {
        if (token === "outage") return Promise.reject(new Refusal("upstream_unavailable", "away"));
        const known = valid.includes(token);
        return Promise.resolve(known ? { sub: SUB, exp: NOW_MS / 1000 + 900, role: "authenticated" as const } : null);
      },
    },
    auth: {
      refresh: () => {
        state.refreshes++;
        return refresh();
      },
    },
  });
  return { sessions, state };
}

Deno.test("fromCookies() trusts a fresh session without asking Auth", async () => {
  const { sessions, state } = sessionsOf({ valid: ["old"], refresh: () => Promise.resolve(renewed) });
  assert.equal((await sessions.fromCookies(jarWith(600)))?.accessToken, "old");
  assert.equal(state.refreshes, 0);
});

Deno.test("fromCookies() renews a session that is about to end and rewrites its cookie", async () => {
  const { sessions } = sessionsOf({ valid: ["old", "new"], refresh: () => Promise.resolve(renewed) });
  const jar = jarWith(30);
  assert.equal((await sessions.fromCookies(jar))?.accessToken, "new");
  assert.deepEqual(await readSessionCookie(jar, NAME), { kind: "session", session: renewed.ok && renewed.session });
});

Deno.test("fromCookies() renews once for requests that come together, and for stragglers", async () => {
  const gate = Promise.withResolvers<AuthAnswer>();
  const { sessions, state } = sessionsOf({ valid: ["new"], refresh: () => gate.promise });
  const together = Promise.all(Array.from({ length: 20 }, () => sessions.fromCookies(jarWith(30))));
  gate.resolve(renewed);
  for (const session of await together) assert.equal(session?.accessToken, "new");
  state.nowMs += 5_000;
  assert.equal((await sessions.fromCookies(jarWith(30)))?.accessToken, "new");
  assert.equal(state.refreshes, 1);
});

Deno.test("fromCookies() keeps the sessions of different users apart while both are renewed", async () => {
  const { sessions, state } = sessionsOf({ valid: ["new"], refresh: () => Promise.resolve(renewed) });
  await Promise.all([sessions.fromCookies(jarWith(30, "a")), sessions.fromCookies(jarWith(30, "b"))]);
  assert.equal(state.refreshes, 2);
});

Deno.test("fromCookies() signs out a browser whose refresh token was rejected", async () => {
  const { sessions } = sessionsOf({
    valid: ["old"],
    refresh: () => Promise.resolve({ ok: false, reason: "rejected" }),
  });
  const jar = jarWith(-1);
  assert.equal(await sessions.fromCookies(jar), null);
  assert.equal(jar.sent.size, 0);
});

Deno.test("fromCookies() keeps the session while Auth is away, and tries again with the next request", async () => {
  const { sessions, state } = sessionsOf({
    valid: ["old"],
    refresh: () => Promise.resolve({ ok: false, reason: "unavailable" }),
  });
  const jar = jarWith(30);
  assert.equal((await sessions.fromCookies(jar))?.accessToken, "old");
  await sessions.fromCookies(jar);
  assert.equal(jar.sent.size, 1);
  assert.equal(state.refreshes, 2);
});

Deno.test("fromCookies() clears a session whose token does not verify", async () => {
  const { sessions } = sessionsOf({ valid: [], refresh: () => Promise.resolve(renewed) });
  const jar = jarWith(600);
  assert.equal(await sessions.fromCookies(jar), null);
  assert.equal(jar.sent.size, 0);
});

Deno.test("fromCookies() keeps the cookie when the keys to verify it are out of reach", async () => {
  const { sessions } = sessionsOf({ valid: [], refresh: () => Promise.resolve(renewed) });
  const jar = new Jar();
  writeSessionCookie(jar, NAME, { access_token: "outage", refresh_token: "r", expires_at: NOW_MS / 1000 + 600 });
  assert.equal(await sessions.fromCookies(jar), null);
  assert.equal(jar.sent.size, 1);
});

Deno.test("fromBearer() says that it cannot tell rather than refusing during an outage", async () => {
  const { sessions } = sessionsOf({ valid: ["old"], refresh: () => Promise.resolve(renewed) });
  await assert.rejects(sessions.fromBearer("outage"), { code: "upstream_unavailable" });
  assert.equal(await sessions.fromBearer("forged"), null);
});
