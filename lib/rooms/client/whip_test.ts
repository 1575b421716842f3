import assert from "node:assert/strict";
import { resourceOf, type WhipFailure, WhipSession, type WhipState } from "./whip.ts";

const OFFER = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\n";
const ANSWER = "v=0\r\no=- 2 2 IN IP4 127.0.0.1\r\n";

/** As much of a peer connection as publishing touches: Deno has none. */
class FakeConnection extends EventTarget {
  iceGatheringState = "new";
  connectionState = "new";
  localDescription: { sdp: string } | null = null;
  remote: string | null = null;
  tracks = 0;

  addTransceiver(_track: unknown, { direction }: { direction: string }): void {
    assert.equal(direction, "sendonly");
    this.tracks++;
  }
  createOffer() {
    return Promise.resolve({ type: "offer", sdp: OFFER });
  }
  setLocalDescription(description: { sdp: string }): Promise<void> {
    this.localDescription = description;
    queueMicrotask(() => {
      this.iceGatheringState = "complete";
      this.dispatchEvent(new Event("icegatheringstatechange"));
    });
    return Promise.resolve();
  }
  setRemoteDescription({ sdp }: { sdp: string }): Promise<void> {
    this.remote = sdp;
    this.become("connected");
    return Promise.resolve();
  }
  become(state: string): void {
    this.connectionState = state;
    this.dispatchEvent(new Event("connectionstatechange"));
  }
  close(): void {
    this.connectionState = "closed";
  }
}

interface Seen {
  method: string;
  path: string;
  authorization: string | null;
  cookie: string | null;
  body: string;
}

/** A media server that answers offers as `answer` says, and whoever publishes to it. */
async function publish(
  answer: (path: string) => Response,
  run: (session: WhipSession, seen: Seen[], log: Log) => Promise<void>,
) {
  const seen: Seen[] = [];
  const done = { changed: () => {} };
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async (request) => {
    const { pathname } = new URL(request.url);
    const { headers, method } = request;
    const body = await request.text();
    seen.push({
      method,
      path: pathname,
      authorization: headers.get("authorization"),
      cookie: headers.get("cookie"),
      body,
    });
    done.changed();
    return method === "DELETE" ? new Response() : answer(pathname);
  });
  const connection = new FakeConnection();
  const log: Log = { states: [], failures: [], connection, until: () => Promise.resolve() };
  log.until = async (holds) => {
    while (!holds()) await new Promise<void>((resolve) => done.changed = resolve);
  };
  const track = { kind: "video" };
  const session = WhipSession.start({ createConnection: () => connection as unknown as RTCPeerConnection, fetch }, {
    url: `http://127.0.0.1:${server.addr.port}/whip/room`,
    token: "secret",
    media: { getTracks: () => [track, track] } as unknown as MediaStream,
    onState: (state) => {
      log.states.push(state);
      done.changed();
    },
    onFailure: (failure) => {
      log.failures.push(failure);
      done.changed();
    },
  });
  await run(session, seen, log);
  await session.stop();
}

interface Log {
  states: WhipState[];
  failures: WhipFailure[];
  connection: FakeConnection;
  until(holds: () => boolean): Promise<void>;
}

function created(): Response {
  return new Response(ANSWER, {
    status: 201,
    headers: { "content-type": "application/sdp", location: "/whip/room/session-1" },
  });
}

Deno.test("publishing posts an offer, takes the answer, and ends with a DELETE of what was opened", async () => {
  await publish(created, async (session, seen, log) => {
    await log.until(() => log.states.includes("live"));
    assert.equal(log.connection.remote, ANSWER);
    assert.equal(log.connection.tracks, 2);
    await session.stop();
    await session.stop();
    const [offer, end] = seen;
    assert.deepEqual(offer, {
      method: "POST",
      path: "/whip/room",
      authorization: "Bearer secret",
      cookie: null,
      body: OFFER,
    });
    assert.deepEqual([end?.method, end?.path, end?.authorization], ["DELETE", "/whip/room/session-1", "Bearer secret"]);
    assert.equal(seen.length, 2);
    assert.deepEqual(log.states, ["connecting", "live", "ended"]);
    assert.deepEqual(log.failures, []);
  });
});

const REFUSALS: [string, (path: string) => Response, WhipFailure][] = [
  ["a server that wants another token", () => new Response("", { status: 401 }), "unauthorized"],
  ["a server that refuses", () => new Response("", { status: 500 }), "refused"],
  ["an answer that is a page", () => new Response("<p>", { headers: { "content-type": "text/html" } }), "malformed"],
  [
    "a server that leads elsewhere, where the token must not follow",
    (path) =>
      path === "/elsewhere" ? created() : new Response("", { status: 307, headers: { location: "/elsewhere" } }),
    "unreachable",
  ],
];

for (const [name, answer, failure] of REFUSALS) {
  Deno.test(`${name} ends the publication as "${failure}"`, async () => {
    await publish(answer, async (_session, _seen, log) => {
      await log.until(() => log.states.includes("ended") || log.states.includes("live"));
      assert.deepEqual(log.failures, [failure]);
      assert.equal(log.connection.connectionState, "closed");
    });
  });
}

Deno.test("a connection that is lost ends the publication and is told", async () => {
  await publish(created, async (_session, seen, log) => {
    await log.until(() => log.states.includes("live"));
    log.connection.become("failed");
    await log.until(() => seen.some(({ method }) => method === "DELETE"));
    assert.deepEqual(log.failures, ["lost"]);
  });
});

Deno.test("what a DELETE goes to lies at the endpoint's own origin", () => {
  const endpoint = "https://media.example/whip/room";
  assert.equal(resourceOf("session-1", endpoint), "https://media.example/whip/session-1");
  assert.equal(resourceOf("https://media.example/s/1", endpoint), "https://media.example/s/1");
  for (const location of [null, "", "https://other.example/s/1", "//other.example/s", "http://["]) {
    assert.equal(resourceOf(location, endpoint), null, String(location));
  }
});
