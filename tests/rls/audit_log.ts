import type postgres from "postgres";
import type { TestSupabase } from "../../supabase/embedded/testing.ts";

/** A head as it was exported. */
export interface Head {
  seq: string;
  hash: string;
  at?: string;
}

/** What verify_audit_chain() answers. */
export interface Verdict {
  ok: boolean;
  checked: number;
  first_bad_seq: string | null;
  reason: string | null;
  next_seq: string | null;
}

/** What the tests do to an audit log, as its owner. */
export class AuditLog {
  readonly #stack: TestSupabase;
  #token = 0;

  constructor(stack: TestSupabase) {
    this.#stack = stack;
  }

  get sql() {
    return this.#stack.sql;
  }

  async lease(): Promise<void> {
    const [row] = await this.sql`select acquire_lease('audit', gen_random_uuid(), 60000) as lease`;
    this.#token = row?.lease.token;
  }

  async write(count: number): Promise<void> {
    await this.sql`select private.audit('test.happened', 'thing', n::text, jsonb_build_object('n', n))
      from generate_series(1, ${count}::integer) as n`;
  }

  /** Seals everything; answers how many rows that were. */
  async seal(): Promise<number> {
    let sealed = 0;
    for (let calls = 0; calls < 50; calls++) {
      const [row] = await this.sql`select seal_audit_log(${this.#token}, 2000) as r`;
      sealed += row?.r.sealed;
      if (!row?.r.more) return sealed;
    }
    throw new Error("The log was never sealed to its end");
  }

  async head(): Promise<Head> {
    const [row] = await this.sql`select audit_head() as r`;
    return { seq: row?.r.seq, hash: row?.r.hash };
  }

  async verify(from = 1, heads: Head[] | null = null): Promise<Verdict> {
    const [row] = await this.sql`
      select verify_audit_chain(${from}, ${
      heads === null ? null : this.sql.json({ heads } as never)
    }::jsonb -> 'heads') as r`;
    return row?.r;
  }

  /** Lets a superuser do something behind the triggers' back, judges the log, and takes it back. */
  async afterAttack(attack: (sql: postgres.TransactionSql) => Promise<unknown>, heads: Head[] | null = null) {
    const undo = new Error("undo");
    let verdict: Verdict | undefined;
    await this.sql.begin(async (sql) => {
      await sql`set local session_replication_role = replica`;
      await attack(sql);
      const [row] = await sql`
        select verify_audit_chain(1, ${heads === null ? null : sql.json({ heads } as never)}::jsonb -> 'heads') as r`;
      verdict = row?.r;
      throw undo;
    }).catch((error) => {
      if (error !== undo) throw error;
    });
    return verdict;
  }
}

/** The outline of a verdict on a broken chain. */
export function broken(first_bad_seq: number, reason: string) {
  return { ok: false, first_bad_seq: String(first_bad_seq), reason };
}

/** What a verdict says, without how much it looked at. */
export function outline(verdict: Verdict | undefined) {
  return verdict && { ok: verdict.ok, first_bad_seq: verdict.first_bad_seq, reason: verdict.reason };
}
