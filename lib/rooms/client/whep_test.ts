import assert from "node:assert/strict";
import { playWhep, type WhepState } from "./whep.ts";

const URL_OF_STREAM = "https://media.example/whep/abc";

/** As much of a peer connection as playing touches: Deno has none. */
class FakeConnection extends EventTarget {
  iceGatheringState = "complete";
  connectionState = "new";
  localDescription = { sdp: "v=0 offer" };
  kinds: string[] = [];
  isClosed = false;

  addTransceiver(kind: string, { direction }: { direction: string }): void {
    assert.equal(direction, "recvonly");
    this.kinds.push(kind);
  }
  createOffer() {
    return Promise.resolve({});
  }
  setLocalDescription(): Promise<void> {
    return Promise.resolve();
  }
  setRemoteDescription({ sdp }: { sdp: string }): Promise<void> {
    assert.match(sdp, /^v=0/);
    this.become("connected");
    return Promise.resolve();
  }
  become(state: string): void {
    this.connectionState = state;
    this.dispatchEvent(new Event("connectionstatechange"));
  }
  close(): void {
    this.isClosed = true;
  }
}

async function settle(): Promise<void> {
  for (let i = 0; i < 30; i++) await Promise.resolve();
}

function play(answer: () => Response) {
  const connection = new FakeConnection();
  const states: WhepState[] = [];
  const asked: { method: string; url: string; init: RequestInit }[] = [];
  const stop = playWhep(
    {
      createConnection: () => connection as unknown as RTCPeerConnection,
      fetch: (input, init) => {
        asked.push({ method: init?.method ?? "", url: String(input), init: init ?? {} });
        return Promise.resolve(answer());
      },
    },
    URL_OF_STREAM,
    () => {},
    (state) => states.push(state),
  );
  return { connection, states, asked, stop };
}

const good = () =>
  new Response("v=0 answer", {
    status: 201,
    headers: { "content-type": "application/sdp", location: "/whep/session/1" },
  });

Deno.test("a video is asked for without our cookies, played, and given back", async () => {
  const { connection, states, asked, stop } = play(good);
  await settle();
  assert.deepEqual(states, ["connecting", "playing"]);
  assert.deepEqual(connection.kinds, ["video", "audio"]);
  stop();
  await settle();
  assert.deepEqual(states.at(-1), "ended");
  assert.equal(connection.isClosed, true);
  assert.deepEqual(asked.map(({ method, url }) => `${method} ${url}`), [
    `POST ${URL_OF_STREAM}`,
    "DELETE https://media.example/whep/session/1",
  ]);
  for (const { init } of asked) {
    assert.deepEqual([init.credentials, init.redirect, init.referrerPolicy], ["omit", "error", "no-referrer"]);
  }
});

Deno.test("what cannot be played fails once, and closes", async () => {
  const answers = [
    () => new Response("", { status: 404 }),
    () => new Response("<html>", { status: 201 }),
    () => {
      throw new TypeError("unreachable");
    },
  ];
  for (const answer of answers) {
    const { connection, states, stop } = play(answer);
    await settle();
    assert.deepEqual(states, ["connecting", "failed"]);
    assert.equal(connection.isClosed, true);
    stop();
    assert.equal(states.length, 2);
  }
});

Deno.test("a session on another server than the stream's is not ended there", async () => {
  const { asked, stop } = play(() =>
    new Response("v=0", { status: 201, headers: { location: "https://evil.example/x" } })
  );
  await settle();
  stop();
  await settle();
  assert.deepEqual(asked.map(({ method }) => method), ["POST"]);
});
