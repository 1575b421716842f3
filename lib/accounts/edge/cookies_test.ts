import assert from "node:assert/strict";
import {
  clearVerifierCookies,
  type CookieJar,
  readSessionCookie,
  sessionCookieName,
  writeSessionCookie,
} from "./cookies.ts";

const NAME = "outcry-8000";

/** A jar that forgets what is removed and keeps what is set, as a browser does. */
class Jar implements CookieJar {
  readonly sent = new Map<string, string>();
  readonly changes: string[] = [];

  set(name: string, value: string, { maxAgeSeconds }: { maxAgeSeconds: number }): void {
    this.changes.push(`${maxAgeSeconds === 0 ? "clear" : "set"} ${name}`);
    if (maxAgeSeconds === 0) this.sent.delete(name);
    else this.sent.set(name, value);
  }
}

const session = { access_token: "a".repeat(1200), refresh_token: "refresh", expires_at: 1_800_000_000 };

Deno.test("readSessionCookie() reads what writeSessionCookie() wrote, in one cookie or in chunks", async () => {
  for (const length of [20, 1200, 5000]) {
    const jar = new Jar();
    const written = { ...session, access_token: "a".repeat(length) };
    writeSessionCookie(jar, NAME, written);
    assert.deepEqual(await readSessionCookie(jar, NAME), { kind: "session", session: written });
  }
});

Deno.test("writeSessionCookie() removes the chunks of a longer session before it", async () => {
  const jar = new Jar();
  writeSessionCookie(jar, NAME, { ...session, access_token: "a".repeat(6000) });
  writeSessionCookie(jar, NAME, session);
  assert.deepEqual([...jar.sent.keys()], [NAME]);
  assert.equal((await readSessionCookie(jar, NAME)).kind, "session");
});

Deno.test("writeSessionCookie() leaves the provider's tokens out of the browser", async () => {
  const jar = new Jar();
  writeSessionCookie(jar, NAME, { ...session, provider_token: "gho_secret" } as typeof session);
  assert.deepEqual(await readSessionCookie(jar, NAME), { kind: "session", session });
});

for (
  const garbage of [
    "",
    "x",
    "base64-%%%",
    "e30",
    btoa('{"access_token":1}'),
    btoa("[]"),
    "\u0000",
    "🙂",
    "A".repeat(9000),
  ]
) {
  Deno.test(`readSessionCookie() takes ${JSON.stringify(garbage.slice(0, 12))} for garbage without throwing`, async () => {
    const jar = new Jar();
    jar.sent.set(NAME, garbage);
    assert.deepEqual(await readSessionCookie(jar, NAME), { kind: "garbage" });
  });
}

Deno.test("readSessionCookie() does not look at cookies of other names, whatever they resemble", async () => {
  const jar = new Jar();
  jar.sent.set(`${NAME}-code-verifier`, "x");
  jar.sent.set(`${NAME}x.0`, "x");
  assert.deepEqual(await readSessionCookie(jar, NAME), { kind: "none" });
});

Deno.test("readSessionCookie() refuses to put together more chunks than a session has", async () => {
  const jar = new Jar();
  for (let i = 0; i < 50; i++) jar.sent.set(`${NAME}.${i}`, "A");
  assert.deepEqual(await readSessionCookie(jar, NAME), { kind: "garbage" });
});

Deno.test("clearVerifierCookies() removes every sign-in under way and nothing else", () => {
  const jar = new Jar();
  for (const cookie of [`${NAME}-code-verifier`, `${NAME}-flow-abcdefgh-code-verifier`, NAME, "other"]) {
    jar.sent.set(cookie, "x");
  }
  clearVerifierCookies(jar, NAME);
  assert.deepEqual([...jar.sent.keys()], [NAME, "other"]);
});

Deno.test("sessionCookieName() binds to the host over HTTPS and to the port on loopback", () => {
  assert.equal(sessionCookieName("https://outcry.example"), "__Host-outcry");
  assert.equal(sessionCookieName("http://127.0.0.1:8123"), "outcry-8123");
});
