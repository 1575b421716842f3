import { z } from "zod";
import { Refusal } from "../problem.ts";
import type { Rpc } from "./supabase.ts";

/** Whether the database is there and ours. `unclaimed` means that no worker has started on it yet. */
export type DeploymentState = "ok" | "unclaimed" | "mismatch" | "unreachable";

/** Time the check may hold a request up. */
const CHECK_ms_MAX = 2_000;

/** How long an answer other than "ok" is believed. */
const RECHECK_AFTER_ms = 1_000;

const modeSchema = z.enum(["local", "production"]).nullable();

/** What the check needs. */
export interface DeploymentOptions {
  rpc: Rpc;
  mode: "local" | "production";
  nowMs: () => number;
}

/**
 * Asks the database once which mode it belongs to: demo sign-in must never open on production's data,
 * nor simulated prices mix with real ones.
 */
export class Deployment {
  readonly #options: DeploymentOptions;
  #state: DeploymentState = "unreachable";
  #checkAtMs = 0;
  #checking: Promise<DeploymentState> | null = null;

  constructor(options: DeploymentOptions) {
    this.#options = options;
  }

  /** The state, asked for again unless it is settled. */
  async state(): Promise<DeploymentState> {
    return this.#state === "ok" ? this.#state : await this.probe();
  }

  /** Asks now, however settled the state is: for health checks, once a second at most. */
  async probe(): Promise<DeploymentState> {
    if (this.#options.nowMs() < this.#checkAtMs) return this.#state;
    return await (this.#checking ??= this.#ask().finally(() => this.#checking = null));
  }

  /**
   * Lets a request through unless the database belongs to the other mode. An unreachable one is no
   * obstacle here: whatever needs it will say so itself.
   * @throws Refusal `mode_mismatch`.
   */
  async requireOwn(): Promise<void> {
    if (await this.state() === "mismatch") {
      throw new Refusal("mode_mismatch", `This server runs in ${this.#options.mode} mode`);
    }
  }

  async #ask(): Promise<DeploymentState> {
    const { rpc, mode, nowMs } = this.#options;
    try {
      const found = modeSchema.parse(await rpc.call("deployment_mode", {}, { timeoutMs: CHECK_ms_MAX }));
      this.#state = found === null ? "unclaimed" : found === mode ? "ok" : "mismatch";
    } catch {
      this.#state = "unreachable";
    }
    this.#checkAtMs = nowMs() + RECHECK_AFTER_ms;
    return this.#state;
  }
}
