import { studioRouteHandler } from "@supabase/lite";
import { fileURLToPath } from "node:url";
import type { StackConfig } from "./config.ts";
import { json } from "./gateway/answers.ts";

const TYPES: Record<string, string> = {
  css: "text/css; charset=utf-8",
  ico: "image/x-icon",
  js: "text/javascript; charset=utf-8",
  woff2: "font/woff2",
};

/** lite's studio: its page on every path nobody else has, its files under /static. */
export class Studio {
  readonly path = "";
  readonly #config: StackConfig;
  readonly #url: string;

  constructor(config: StackConfig, url: string) {
    this.#config = config;
    this.#url = url;
  }

  /** Answers what is left. */
  async handle(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (!this.#config.studio.enabled || (request.method !== "GET" && request.method !== "HEAD")) {
      return json(404, { message: "no Route matched with those values" });
    }
    if (pathname.startsWith("/static/")) return await this.#file(pathname.slice("/static/".length));
    // lite's own answer here would name the database's password.
    if (pathname === "/_system/info") {
      return json(200, { connection: {}, config: { api: this.#config.api, external_url: this.#url }, admin: false });
    }
    if (pathname.startsWith("/_system")) return json(404, { message: "no Route matched with those values" });
    return await studioRouteHandler(request);
  }

  async #file(name: string): Promise<Response> {
    const type = TYPES[name.split(".").at(-1) ?? ""];
    if (type === undefined || !/^(assets\/)?[\w.-]+$/.test(name)) return json(404, { message: "Not found" });
    try {
      const base = new URL("./static/", import.meta.resolve("@supabase/lite"));
      const bytes = await Deno.readFile(fileURLToPath(new URL(name, base)));
      return new Response(bytes, { headers: { "content-type": type, "cache-control": "public, max-age=3600" } });
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return json(404, { message: "Not found" });
      throw error;
    }
  }
}
