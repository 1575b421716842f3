/** What `/healthz` shows of a service. */
export interface ServiceHealth {
  healthy: boolean;
  [detail: string]: unknown;
}

/** A long-running part of the worker. */
export interface Service {
  readonly name: string;
  /** Works until `signal` is aborted, then cleans up within a second or two. Throwing ends the whole process. */
  run(signal: AbortSignal): Promise<void>;
  health(): ServiceHealth;
}
