import { type Browser, chromium } from "playwright-core";

/** Where distributions put Chromium. */
const PATHS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Path of the Chromium to drive, from CHROMIUM or the usual places; null when there is none. */
export function findChromium(): string | null {
  const paths = [Deno.env.get("CHROMIUM"), ...PATHS];
  for (const path of paths) {
    try {
      if (path && Deno.statSync(path).isFile) return path;
    } catch {
      // Not there: try the next.
    }
  }
  return null;
}

/**
 * Starts a headless Chromium with a profile of its own.
 * @throws Error saying how to get Chromium when there is none.
 */
export function launchChromium(): Promise<Browser> {
  const executablePath = findChromium();
  if (!executablePath) throw new Error("Cannot start a browser: Chromium is missing (apt-get install chromium)");
  return chromium.launch({
    executablePath,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
