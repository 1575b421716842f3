import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Logger } from "../../../lib/kernel/log.ts";
import type { TokenKeys } from "../keys.ts";
import { gatewayError, overloaded, restError } from "./answers.ts";
import type { AuthService } from "./auth_service.ts";
import { type Caller, type InnerTokens, resolveCaller } from "./caller.ts";
import { describeSaid } from "./console_capture.ts";
import { protectTexts } from "./body_texts.ts";
import type { Lite } from "./lite.ts";
import { REST_CONNECTIONS_MAX } from "./lite_connection.ts";
import type { BodilessAnswer, DirectHandler } from "./http_server.ts";
import { correctRestError } from "./rest_errors.ts";
import { Turnstile, type TurnstileRule } from "./turnstile.ts";

/** The Realtime server, as far as the gateway knows it. */
export interface RealtimeDoor {
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Uint8Array): void;
  handleHttp(request: Request): Promise<Response>;
  openBatch(incoming: IncomingMessage): ((body: Uint8Array) => Promise<Response | "accepted">) | null;
}

/** Answers under a path of its own, on loopback names alone. */
export interface LocalDoor {
  /** The path it answers under, without a closing slash. */
  path: string;
  handle(request: Request): Promise<Response> | Response;
}

/** The services behind the gateway. */
export interface GatewayOptions {
  keys: TokenKeys;
  innerTokens: InnerTokens;
  lite: Lite;
  auth: AuthService;
  realtime: RealtimeDoor;
  /** What exists in local mode alone, first match wins. */
  local: LocalDoor[];
  /** The secret key the studio's own page acts with; absent where there is no studio. */
  studioKey?: string | undefined;
  logger: Logger;
}

/** REST requests at the database: as many as there are connections, so that the queue is ours to order. */
const REST_PLACES: TurnstileRule = { places_max: REST_CONNECTIONS_MAX, waiting_max: 4_096, wait_ms_max: 10_000 };
const EXPOSED_HEADERS = "Content-Encoding, Content-Location, Content-Range, Content-Type, Date, Link, Location, " +
  "Preference-Applied, Range-Unit, Sb-Request-Id, Server, Transfer-Encoding, X-Sb-Error-Code, X-Total-Count";
const ACCEPTED: BodilessAnswer = {
  status: 202,
  headers: ["access-control-allow-origin", "*", "access-control-expose-headers", EXPOSED_HEADERS],
};
const LOOPBACK_HOST = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

/** Routes what arrives at the project's address to its services, as the hosted API gateway does. */
export class Gateway {
  readonly #options: GatewayOptions;
  readonly #restPlaces = new Turnstile(REST_PLACES);

  constructor(options: GatewayOptions) {
    this.#options = options;
  }

  /** Answers a request. */
  async handle(request: Request, address: string): Promise<Response> {
    const { pathname } = new URL(request.url);
    const isApi = /^\/(rest|auth|realtime)\/v1(\/|$)/.test(pathname);
    if (!isApi) return await this.#handleLocal(request, pathname);
    // Any site may call the API: what counts is the key and the token, never a cookie.
    if (request.method === "OPTIONS" && request.headers.has("access-control-request-method")) return preflight(request);
    return withCors(await this.#handleApi(request, pathname, address));
  }

  /** Takes what is asked too often to be made a Request of; null: the request is none of that. */
  openDirect(incoming: IncomingMessage): DirectHandler | null {
    const handle = this.#options.realtime.openBatch(incoming);
    if (handle === null) return null;
    return async (body) => {
      const answer = await handle(body);
      return answer === "accepted" ? ACCEPTED : withCors(answer);
    };
  }

  /** Takes over a WebSocket. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Uint8Array): void {
    if (/^\/realtime\/v1(\/|\?|$)/.test(request.url ?? "")) {
      this.#options.realtime.handleUpgrade(request, socket, head);
      return;
    }
    socket.end("HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
  }

  async #handleApi(request: Request, pathname: string, address: string): Promise<Response> {
    if (pathname.startsWith("/realtime/")) return await this.#options.realtime.handleHttp(request);
    if (pathname.startsWith("/auth/")) return await this.#options.auth.handle(request, address);
    const caller = this.#studioCaller(request) ?? await resolveCaller(request, this.#options.keys);
    if (caller instanceof Response) return caller;
    return await this.#handleRest(request, pathname, caller);
  }

  /**
   * The studio's page shows no key. Browsers tell truly where a request comes from, so that no other page can pass
   * for it, nor a sign-in that was led to end here: that is a navigation, which has a destination. Whoever can run
   * programs on this machine could, as with the CLI's own local studio.
   */
  #studioCaller(request: Request): Caller | undefined {
    const { headers } = request;
    const host = headers.get("host") ?? "";
    const isStudio = headers.get("sec-fetch-site") === "same-origin" && headers.get("sec-fetch-dest") === "empty" &&
      (headers.get("origin") ?? `http://${host}`) === `http://${host}` && LOOPBACK_HOST.test(host) &&
      !headers.has("apikey") && !headers.has("authorization");
    if (!isStudio || this.#options.studioKey === undefined) return undefined;
    return { apiRole: "service_role", apiKey: this.#options.studioKey, role: "service_role" };
  }

  async #handleRest(request: Request, pathname: string, caller: Caller): Promise<Response> {
    const { innerTokens, lite, logger } = this.#options;
    const judged = caller.token?.judged;
    if (judged !== undefined && !judged.ok) {
      return judged.code === "InvalidJWTExpiration"
        ? restError(401, "PGRST303", "JWT expired")
        : restError(401, "PGRST301", "No suitable key or wrong key type");
    }
    const headers = new Headers(request.headers);
    headers.set("apikey", caller.apiKey);
    // Judged already: the server would refuse the studio's browser again.
    headers.delete("user-agent");
    if (judged === undefined) headers.delete("authorization");
    else headers.set("authorization", `Bearer ${await innerTokens.of(judged.claims)}`);
    // The worker goes first: a lease it cannot renew because viewers crowd in front of it would be lost.
    if (!await this.#restPlaces.enter(caller.role === "service_role")) return overloaded();
    const { result, said } = await this.#innerRequest(request, pathname, headers)
      .then((inner) => lite.fetch(inner)).finally(() => this.#restPlaces.leave());
    const answer = correctRestError(result, said, caller.role === "anon");
    if (answer.status >= 500 && answer.status !== 503) {
      const request_id = request.headers.get("sb-request-id");
      logger.warn("The REST server failed", { request_id, path: pathname, said: describeSaid(said) });
    }
    return answer;
  }

  async #innerRequest(request: Request, pathname: string, headers: Headers): Promise<Request> {
    const [, first = "", second] = pathname.slice("/rest/v1".length).split("/");
    const isJson = /^application\/(json|vnd\.pgrst)/.test(headers.get("content-type") ?? "application/json");
    if (request.body === null || !isJson) return new Request(request, { headers });
    const schema = headers.get("content-profile") ?? "public";
    const target = { schema, name: second ?? first, isRpc: first === "rpc" };
    const body = protectTexts(await request.text(), target, await this.#options.lite.schema());
    headers.delete("content-length");
    return new Request(request.url, { method: request.method, headers, body });
  }

  async #handleLocal(request: Request, pathname: string): Promise<Response> {
    // A page elsewhere whose name was made to point here must not read what is ours alone.
    const isLoopback = LOOPBACK_HOST.test(request.headers.get("host") ?? "");
    const door = isLoopback
      ? this.#options.local.find(({ path }) => path === "" || pathname === path || pathname.startsWith(`${path}/`))
      : undefined;
    if (door === undefined) return gatewayError(404, "NOT_FOUND", "no Route matched with those values");
    return unframed(await door.handle(request));
  }
}

/** Keeps pages elsewhere from showing ours in a frame: what is clicked in the studio acts as the secret key. */
function unframed(response: Response): Response {
  const headers = new Headers(response.headers);
  headers.set("x-frame-options", "DENY");
  headers.set("x-content-type-options", "nosniff");
  headers.set("cross-origin-resource-policy", "same-origin");
  if (!headers.has("content-security-policy")) headers.set("content-security-policy", "frame-ancestors 'none'");
  return new Response(response.body, { status: response.status, headers });
}

function preflight(request: Request): Response {
  return new Response(null, {
    status: 204,
    headers: {
      "access-control-allow-origin": "*",
      "access-control-allow-methods": "GET,HEAD,PUT,PATCH,POST,DELETE,OPTIONS",
      "access-control-allow-headers": request.headers.get("access-control-request-headers") ?? "*",
      "access-control-max-age": "3600",
    },
  });
}

function withCors(response: Response): Response {
  const headers = new Headers(response.headers);
  headers.set("access-control-allow-origin", "*");
  headers.set("access-control-expose-headers", EXPOSED_HEADERS);
  const body = [204, 304].includes(response.status) ? null : response.body;
  return new Response(body, { status: response.status, headers });
}
