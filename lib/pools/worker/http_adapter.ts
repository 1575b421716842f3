import type { z } from "zod";
import type {
  AdapterResult,
  AdapterState,
  MetricsListener,
  PoolAssignment,
  PoolMetrics,
  PoolPnl,
  PoolPosition,
  PoolSubject,
  TradingAdapter,
} from "../adapter.ts";
import { checkPnl, checkSubject, checkTime, parseAnswer } from "../adapter_answer.ts";
import {
  acknowledgementSchema,
  metricsAnswerSchema,
  type PnlAnswer,
  pnlAnswerSchema,
  positionsAnswerSchema,
} from "../adapter_shapes.ts";
import { ModuleCaller, type ModuleCallerOptions } from "./module_caller.ts";
import { pollMetrics } from "./poll_metrics.ts";

/** What an HTTP adapter needs from outside. */
export interface HttpAdapterOptions extends ModuleCallerOptions {
  /** How often metrics are asked for. */
  metricsEvery_ms: number;
}

/**
 * A pool traded by a module of its own, in Python or anything else that speaks HTTP; see
 * `examples/python-module/openapi.json` for what it has to answer. Metrics are polled rather than streamed: each answer
 * is signed over a nonce of ours, which no event of a stream could be.
 */
export class HttpAdapter implements TradingAdapter {
  readonly #options: HttpAdapterOptions;
  readonly #caller: ModuleCaller;
  #assignment: PoolAssignment | null = null;

  constructor(options: HttpAdapterOptions) {
    this.#options = options;
    this.#caller = new ModuleCaller(options);
  }

  async connect(assignment: PoolAssignment): Promise<AdapterResult<null>> {
    const { pool_id, cycle_no, capital, currency, scale, openedAt_ms, trading } = assignment;
    const answer = await this.#caller.post("/connect", {
      pool_id,
      cycle_no,
      capital,
      currency,
      scale,
      opened_at: new Date(openedAt_ms).toISOString(),
      trading,
    });
    const connected = acknowledged(answer, assignment);
    if (connected.ok) this.#assignment = assignment;
    return connected;
  }

  async getPoolPnL(asOf_ms_min?: number): Promise<AdapterResult<PoolPnl>> {
    return await this.#asked("/pnl", pnlAnswerSchema, asOf_ms_min ?? null, (_answer, pnl) => pnl);
  }

  async getPositions(): Promise<AdapterResult<readonly PoolPosition[]>> {
    const assignment = this.#assignment;
    if (assignment === null) return { ok: false, code: "not_connected" };
    const answer = await this.#get("/positions", positionsAnswerSchema, assignment, null);
    if (!answer.ok) return answer;
    const { value } = answer;
    const wrong = checkSubject(value, assignment) ??
      checkTime(Date.parse(value.as_of), assignment, { now_ms: this.#options.wallMs(), asOf_ms_min: null });
    return wrong === null ? { ok: true, value: value.positions } : { ok: false, code: wrong };
  }

  subscribeToMetrics(listener: MetricsListener): () => Promise<void> {
    return pollMetrics((signal) => this.#metrics(signal), listener, this.#options.metricsEvery_ms);
  }

  pauseTrading(reason: string): Promise<AdapterResult<null>> {
    return this.#stop("/pause", reason);
  }

  emergencyStop(reason: string, subject?: PoolSubject): Promise<AdapterResult<null>> {
    return this.#stop("/emergency-stop", reason, subject);
  }

  /** A module keeps its state itself. */
  state(): AdapterState {
    return {};
  }

  async #metrics(signal: AbortSignal): Promise<AdapterResult<PoolMetrics>> {
    const make = ({ exposure, positions }: z.infer<typeof metricsAnswerSchema>, pnl: PoolPnl) => ({
      ...pnl,
      exposure,
      positions,
    });
    return await this.#asked("/metrics", metricsAnswerSchema, null, make, signal);
  }

  async #asked<Answer extends PnlAnswer, T>(
    path: string,
    schema: z.ZodType<Answer>,
    asOf_ms_min: number | null,
    make: (answer: Answer, pnl: PoolPnl) => T,
    signal?: AbortSignal,
  ): Promise<AdapterResult<T>> {
    const assignment = this.#assignment;
    if (assignment === null) return { ok: false, code: "not_connected" };
    const answer = await this.#get(path, schema, assignment, asOf_ms_min, signal);
    if (!answer.ok) return answer;
    // Another cycle has begun meanwhile: the answer is of no use to it.
    if (assignment !== this.#assignment) return { ok: false, code: "adapter_stopped" };
    const pnl = checkPnl(answer.value, assignment, { now_ms: this.#options.wallMs(), asOf_ms_min });
    return pnl.ok ? { ok: true, value: make(answer.value, pnl.value) } : pnl;
  }

  async #get<T>(
    path: string,
    schema: z.ZodType<T>,
    { pool_id, cycle_no }: PoolAssignment,
    asOf_ms_min: number | null,
    signal?: AbortSignal,
  ): Promise<AdapterResult<T>> {
    const query = new URLSearchParams({ pool_id, cycle_no: String(cycle_no) });
    if (asOf_ms_min !== null) query.set("as_of_min", new Date(asOf_ms_min).toISOString());
    const answer = await this.#caller.get(`${path}?${query}`, signal);
    return answer.ok ? parseAnswer(schema, answer.value) : answer;
  }

  async #stop(path: string, reason: string, known?: PoolSubject): Promise<AdapterResult<null>> {
    const subject = this.#assignment ?? known;
    if (subject === undefined) return { ok: false, code: "not_connected" };
    const { pool_id, cycle_no } = subject;
    return acknowledged(await this.#caller.post(path, { pool_id, cycle_no, reason }), subject);
  }
}

function acknowledged(answer: AdapterResult<unknown>, subject: PoolSubject): AdapterResult<null> {
  if (!answer.ok) return answer;
  const parsed = parseAnswer(acknowledgementSchema, answer.value);
  if (!parsed.ok) return parsed;
  const wrong = checkSubject(parsed.value, subject);
  return wrong === null ? { ok: true, value: null } : { ok: false, code: wrong };
}
