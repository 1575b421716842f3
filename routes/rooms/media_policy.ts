import type { MiddlewareHandler } from "hono";
import type { AppContext, AppEnv } from "../context.ts";

/** What one page may do with media, beyond what every page may. */
export interface MediaAllowance {
  /** Origins of media servers its script may reach. */
  origins: readonly string[];
  /** Whether it may ask for the camera, the microphone and the screen. */
  capture: boolean;
  /** Origins it may load pictures from. */
  pictures?: readonly string[];
}

/** An origin as a policy may name it: nothing in it can end the directive it stands in. */
const ORIGIN_PATTERN = /^https?:\/\/[a-z0-9.:[\]-]{1,253}$/;

/**
 * Lets this one answer reach a media server, and capture if asked for. Every other page's policy stays as it is.
 * @param urls addresses of the room's own; what is none of http or https is left out.
 */
export function allowMedia(c: AppContext, urls: readonly (string | null)[], { capture }: { capture: boolean }): void {
  const origins = new Set(urls.flatMap((url) => originOf(url) ?? []));
  if (origins.size > 0) c.set("media", { origins: [...origins], capture });
}

/** Lets this one answer show pictures from these origins. Every other page's policy stays as it is. */
export function allowPictures(c: AppContext, origins: readonly string[]): void {
  const pictures = [...new Set(origins)].filter((origin) => ORIGIN_PATTERN.test(origin));
  if (pictures.length > 0) c.set("media", { origins: [], capture: false, pictures });
}

function originOf(url: string | null): string | null {
  if (url === null || !URL.canParse(url)) return null;
  const { origin } = new URL(url);
  return ORIGIN_PATTERN.test(origin) ? origin : null;
}

/** Widens the policy of answers that asked for it. Stands before the secure headers, which write last. */
export function mediaPolicy(): MiddlewareHandler<AppEnv> {
  return async function mediaPolicy(c, next) {
    await next();
    const media = c.get("media");
    // An answer that became an error asks for nothing.
    if (media === undefined || c.res.status !== 200) return;
    const { headers } = c.res;
    const policy = headers.get("content-security-policy") ?? "";
    const { origins, pictures = [] } = media;
    headers.set(
      "content-security-policy",
      policy
        .replace(/\bconnect-src /, (all) => all + origins.map((origin) => `${origin} `).join(""))
        .replace(/\bimg-src /, (all) => all + pictures.map((origin) => `${origin} `).join("")),
    );
    if (!media.capture) return;
    const permissions = headers.get("permissions-policy") ?? "";
    headers.set("permissions-policy", permissions.replace(/\b(camera|microphone)=\(\)/g, "$1=(self)"));
  };
}
