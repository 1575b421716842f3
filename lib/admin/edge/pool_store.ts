import type { Json } from "../../kernel/database.ts";
import type { Rpc } from "../../kernel/edge/supabase.ts";
import type { Pool } from "../../pools/pool_shapes.ts";
import {
  type AdminPoolDetail,
  adminPoolDetailSchema,
  type AdminPoolsPage,
  adminPoolsSchema,
  type PoolAnswer,
  poolAnswerSchema,
  type PoolMembers,
  poolMembersSchema,
  type PoolMove,
  poolMoveSchema,
  type PoolTerms,
} from "../pools.ts";
import type { Paging } from "./admin_store.ts";

/** Moves in a pool's life that need nothing but the pool's name. */
const MOVES = {
  open: "admin_open_pool",
  resume: "admin_resume_pool",
  "force-settlement": "admin_force_settlement",
  close: "admin_close_pool",
} as const;

/** See {@link MOVES}. */
export type PoolMoveName = keyof typeof MOVES;

/**
 * All pools, as an administrator sees and moves them. Every method refuses as {@link Rpc.call} does: `not_found` to
 * whoever is none and for pools that do not exist, `step_up_required` without a second factor. `clientId` makes a change
 * happen once.
 */
export class AdminPoolStore {
  readonly #rpc: Rpc;
  readonly #accessToken: string;

  constructor(rpc: Rpc, accessToken: string) {
    this.#rpc = rpc;
    this.#accessToken = accessToken;
  }

  /** @param status null for all of them. */
  async list(status: Pool["status"] | null, { limit, cursor }: Paging): Promise<AdminPoolsPage> {
    const args = { p_limit: limit, p_cursor: cursor, p_status: status };
    return adminPoolsSchema.parse(await this.#call("admin_pools", args));
  }

  async pool(id: string): Promise<AdminPoolDetail> {
    return adminPoolDetailSchema.parse(await this.#call("admin_pool", { p_pool_id: id }));
  }

  /** Refuses `invalid_pool`, `invalid_amount`, `unknown_asset` and `name_taken`. */
  async create(terms: PoolTerms, clientId: string): Promise<PoolAnswer> {
    const args = { p_pool: terms as Json, p_client_id: clientId };
    return poolAnswerSchema.parse(await this.#call("admin_create_pool", args));
  }

  /** As {@link create}; refuses what is closed as `pool_not_open`. A higher fee is announced, never at once. */
  async update(id: string, changes: PoolTerms, clientId: string): Promise<PoolAnswer> {
    const args = { p_pool_id: id, p_changes: changes as Json, p_client_id: clientId };
    return poolAnswerSchema.parse(await this.#call("admin_update_pool", args));
  }

  /** Investors read the reason. Refuses `pool_not_open`. */
  async pause(id: string, reason: string | null, clientId: string): Promise<PoolMove> {
    const args = { p_pool_id: id, p_reason: reason ?? "", p_client_id: clientId };
    return poolMoveSchema.parse(await this.#call("admin_pause_pool", args));
  }

  /** Refuses `pool_not_open`, `pool_paused` and `not_waiting`. */
  async move(name: PoolMoveName, id: string, clientId: string): Promise<PoolMove> {
    return poolMoveSchema.parse(await this.#call(MOVES[name], { p_pool_id: id, p_client_id: clientId }));
  }

  /** Lets a user see a private pool, or no longer. Refuses `member_limit`. */
  async setMember(id: string, userId: string, add: boolean, clientId: string): Promise<PoolMembers> {
    const args = { p_pool_id: id, p_user_id: userId, p_add: add, p_client_id: clientId };
    return poolMembersSchema.parse(await this.#call("admin_pool_member", args));
  }

  #call: Rpc["call"] = (name, args) => this.#rpc.call(name, args, { accessToken: this.#accessToken });
}
