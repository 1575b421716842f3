import { gathered } from "./ice.ts";

/** Publishing video by WHIP (RFC 9725): an offer is posted, the answer comes back, and a DELETE ends it. */

/** Time a media server has for each answer. */
const REQUEST_ms_MAX = 10_000;

/** Characters an answer may have; real ones have a few thousand. */
const SDP_LENGTH_MAX = 100_000;

/** Why publishing ended or did not begin. */
export type WhipFailure = "refused" | "unauthorized" | "unreachable" | "malformed" | "lost";

/** How it stands with the video. */
export type WhipState = "connecting" | "live" | "ended";

/** What publishing needs of its browser. */
export interface WhipPort {
  createConnection(): RTCPeerConnection;
  fetch: typeof fetch;
}

/** Where to publish, what, and who wants to know. */
export interface WhipOptions {
  /** The WHIP endpoint. */
  url: string;
  /** Bearer token of the media server; empty for none. It goes to that server alone. */
  token: string;
  media: MediaStream;
  onState(state: WhipState): void;
  onFailure(failure: WhipFailure): void;
}

/** A refusal while publishing. */
export class WhipError extends Error {
  override readonly name = "WhipError";
  readonly failure: WhipFailure;

  constructor(failure: WhipFailure, message: string) {
    super(message);
    this.failure = failure;
  }
}

/** One publication, from its offer to its DELETE. */
export class WhipSession {
  readonly #port: WhipPort;
  readonly #options: WhipOptions;
  readonly #connection: RTCPeerConnection;
  /** What a DELETE ends; null before there is anything. */
  #resource: string | null = null;
  #isOver = false;

  private constructor(port: WhipPort, options: WhipOptions) {
    this.#port = port;
    this.#options = options;
    this.#connection = port.createConnection();
  }

  /** Begins to publish; what goes wrong is told, and ends it. */
  static start(port: WhipPort, options: WhipOptions): WhipSession {
    const session = new WhipSession(port, options);
    options.onState("connecting");
    session.#publish().catch((error) => {
      session.#fail(error instanceof WhipError ? error.failure : "unreachable");
    });
    return session;
  }

  /** Ends the publication and tells the media server. The media keeps running: whoever opened it closes it. */
  async stop(): Promise<void> {
    if (!this.#isOver) {
      this.#isOver = true;
      this.#connection.close();
      this.#options.onState("ended");
    }
    const resource = this.#resource;
    this.#resource = null;
    if (resource === null) return;
    // A server that cannot be told finds out: nothing comes any more.
    await this.#request(resource, { method: "DELETE", keepalive: true }).then(({ body }) => body?.cancel()).catch(
      () => {},
    );
  }

  async #publish(): Promise<void> {
    const connection = this.#connection;
    connection.addEventListener("connectionstatechange", () => this.#follow());
    for (const track of this.#options.media.getTracks()) {
      connection.addTransceiver(track, { direction: "sendonly", streams: [this.#options.media] });
    }
    await connection.setLocalDescription(await connection.createOffer());
    await gathered(connection);
    const { url } = this.#options;
    const response = await this.#request(url, {
      method: "POST",
      headers: { "content-type": "application/sdp" },
      body: connection.localDescription?.sdp ?? "",
    });
    if (!response.ok) await response.body?.cancel();
    if (response.status === 401 || response.status === 403) {
      throw new WhipError("unauthorized", `Cannot publish: status is ${response.status}`);
    }
    if (!response.ok) throw new WhipError("refused", `Cannot publish: status is ${response.status}`);
    this.#resource = resourceOf(response.headers.get("location"), url);
    const sdp = await response.text();
    // Told to stop meanwhile: the server has opened what nobody will use.
    if (this.#isOver) return await this.stop();
    if (!isSdp(response.headers.get("content-type"), sdp)) {
      throw new WhipError("malformed", "Cannot publish: the answer is no session description");
    }
    await connection.setRemoteDescription({ type: "answer", sdp }).catch(() => {
      throw new WhipError("malformed", "Cannot publish: the answer does not fit the offer");
    });
  }

  #follow(): void {
    if (this.#isOver) return;
    const { connectionState } = this.#connection;
    if (connectionState === "connected") this.#options.onState("live");
    if (connectionState === "failed" || connectionState === "closed") this.#fail("lost");
  }

  #fail(failure: WhipFailure): void {
    if (this.#isOver) return;
    this.#options.onFailure(failure);
    void this.stop();
  }

  #request(url: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    if (this.#options.token !== "") headers.set("authorization", `Bearer ${this.#options.token}`);
    const { fetch } = this.#port;
    return fetch(url, {
      ...init,
      headers,
      // Our cookies are nobody else's, and a server that leads elsewhere may not take the token along.
      credentials: "omit",
      redirect: "error",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(REQUEST_ms_MAX),
    });
  }
}

/** What to DELETE: RFC 9725 says in `Location`, and only the endpoint's own origin is believed. */
export function resourceOf(location: string | null, endpoint: string): string | null {
  if (location === null || location === "") return null;
  try {
    const resource = new URL(location, endpoint);
    return resource.origin === new URL(endpoint).origin ? resource.href : null;
  } catch {
    return null;
  }
}

function isSdp(contentType: string | null, sdp: string): boolean {
  return /^application\/sdp\b/i.test(contentType ?? "") && sdp.startsWith("v=0") && sdp.length <= SDP_LENGTH_MAX;
}
