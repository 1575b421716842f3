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
  readonly #publishableKey: string;
  readonly #introspect: () => Promise<unknown>;

  constructor(config: StackConfig, publishableKey: string, introspect: () => Promise<unknown>) {
    this.#config = config;
    this.#publishableKey = publishableKey;
    this.#introspect = introspect;
  }

  /** Answers what is left. */
  async handle(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (request.method !== "GET" && request.method !== "HEAD") {
      return json(404, { message: "no Route matched with those values" });
    }
    if (pathname.startsWith("/static/")) return await this.#file(pathname.slice("/static/".length));
    switch (pathname) {
      case "/_system/ping":
        return json(200, { message: "pong" });
      case "/_system/info":
        return json(200, this.#info());
      case "/_system/introspect":
        return json(200, await this.#introspect());
    }
    if (pathname.startsWith("/_system")) return json(404, { message: "Not found" });
    return await studioRouteHandler(request);
  }

  /** lite's own answer would name the database's password. */
  #info() {
    const { api, auth: { site_url } } = this.#config;
    const auth = { enabled: true, site_url, publishable_key: this.#publishableKey };
    return { connection: { dialect: "postgres" }, config: { api: { enabled: true, ...api }, auth }, admin: true };
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
