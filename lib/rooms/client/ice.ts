/** How long addresses are gathered before the offer goes with those that are known. */
export const GATHER_ms_MAX = 2_000;

/** Resolves once a connection knows its own addresses, or after {@link GATHER_ms_MAX}. */
export async function gathered(connection: RTCPeerConnection): Promise<void> {
  if (connection.iceGatheringState === "complete") return;
  let timer: ReturnType<typeof setTimeout> | undefined;
  await new Promise<void>((resolve) => {
    timer = setTimeout(resolve, GATHER_ms_MAX);
    connection.addEventListener("icegatheringstatechange", () => {
      if (connection.iceGatheringState === "complete") resolve();
    });
  });
  clearTimeout(timer);
}
