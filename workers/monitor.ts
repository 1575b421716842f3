import type { Registry } from "prom-client";
import type { Logger } from "../lib/kernel/log.ts";
import type { Service } from "./service.ts";

/** What a monitor needs from outside. */
export interface MonitorOptions {
  port: number;
  services: readonly Service[];
  registry: Registry;
  logger: Logger;
}

/** A listening monitor. */
export interface Monitor {
  /** Where it listens; the port asked for, or a free one for 0. */
  port: number;
  stop(): Promise<void>;
}

/**
 * Serves `GET /healthz` (200 when every service is well, 503 otherwise, JSON detail) and `GET /metrics` (Prometheus) on
 * loopback alone: neither is for the public. A blocked event loop shows as no answer at all.
 * @throws Deno.errors.AddrInUse when the port is taken.
 */
export function startMonitor({ port, services, registry, logger }: MonitorOptions): Monitor {
  const handle = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    if (request.method !== "GET") return new Response(null, { status: 405, headers: { allow: "GET" } });
    if (pathname === "/healthz") {
      const states = Object.fromEntries(services.map((service) => [service.name, service.health()]));
      const healthy = Object.values(states).every((state) => state.healthy);
      return Response.json({ status: healthy ? "ok" : "unhealthy", services: states }, { status: healthy ? 200 : 503 });
    }
    if (pathname === "/metrics") {
      return new Response(await registry.metrics(), { headers: { "content-type": registry.contentType } });
    }
    return new Response(null, { status: 404 });
  };
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port,
    onListen: () => {},
    onError: (error) => {
      logger.error("A monitoring request failed", { error });
      return new Response(null, { status: 500 });
    },
  }, handle);
  return { port: server.addr.port, stop: () => server.shutdown() };
}
