import { gathered } from "./ice.ts";
import { resourceOf } from "./whip.ts";

/** Playing video by WHEP (draft-ietf-wish-whep): an offer to receive is posted, the answer comes back, a DELETE ends it. */

/** Time a media server has for each answer. */
const REQUEST_ms_MAX = 10_000;

/** Characters an answer may have; real ones have a few thousand. */
const SDP_LENGTH_MAX = 100_000;

/** What playing needs of its browser. */
export interface WhepPort {
  createConnection(): RTCPeerConnection;
  fetch: typeof fetch;
}

/** How it stands with the video. */
export type WhepState = "connecting" | "playing" | "failed" | "ended";

/**
 * Plays a stream.
 * @param onMedia gets the media as soon as there is some.
 * @returns a function that ends it.
 */
export function playWhep(
  { createConnection, fetch }: WhepPort,
  url: string,
  onMedia: (media: MediaStream) => void,
  onState: (state: WhepState) => void,
): () => void {
  const connection = createConnection();
  let resource: string | null = null;
  let isOver = false;

  const end = (state: WhepState) => {
    if (isOver) return;
    isOver = true;
    connection.close();
    onState(state);
    // A server that cannot be told finds out: nothing is fetched any more.
    if (resource !== null) forget(resource);
  };

  const ask = (to: string, init: RequestInit) =>
    fetch(to, {
      ...init,
      credentials: "omit",
      redirect: "error",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(REQUEST_ms_MAX),
    });

  const forget = (what: string) =>
    ask(what, { method: "DELETE", keepalive: true }).then(({ body }) => body?.cancel()).catch(() => {});

  const play = async () => {
    for (const kind of ["video", "audio"]) connection.addTransceiver(kind, { direction: "recvonly" });
    await connection.setLocalDescription(await connection.createOffer());
    await gathered(connection);
    const response = await ask(url, {
      method: "POST",
      headers: { "content-type": "application/sdp" },
      body: connection.localDescription?.sdp ?? "",
    });
    if (!response.ok) {
      await response.body?.cancel();
      return end("failed");
    }
    resource = resourceOf(response.headers.get("location"), url);
    const sdp = await response.text();
    if (isOver) return resource === null ? undefined : await forget(resource);
    if (!sdp.startsWith("v=0") || sdp.length > SDP_LENGTH_MAX) return end("failed");
    await connection.setRemoteDescription({ type: "answer", sdp });
  };

  connection.addEventListener("track", ({ streams: [media] }) => {
    if (media && !isOver) onMedia(media);
  });
  connection.addEventListener("connectionstatechange", () => {
    const { connectionState } = connection;
    if (connectionState === "connected") onState("playing");
    if (connectionState === "failed" || connectionState === "closed") end("failed");
  });
  onState("connecting");
  play().catch(() => end("failed"));
  return () => end("ended");
}
