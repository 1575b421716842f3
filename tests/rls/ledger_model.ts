import assert from "node:assert/strict";
import postgres from "postgres";
import { insist, killNowAndThen, onlyRow } from "./killing.ts";

/** How much the model does, and how roughly. */
export interface LedgerModelOptions {
  dbUrl: string;
  random: () => number;
  operations: number;
  connections: number;
  /** Backends killed while transfers run. */
  kills: number;
}

/** Users of one run: few, so that they meet on the same accounts. */
const USERS = 6;
interface Operation {
  clientId: string;
  from: number;
  to: number;
  cents: bigint;
}

/**
 * Posts random transfers over many connections, some asked twice, while backends are killed, and compares with plain
 * sums: every operation that was confirmed counts once, none counts twice, whoever was killed asks again.
 */
export async function runLedgerModel(
  { dbUrl, random, operations, connections, kills }: LedgerModelOptions,
): Promise<void> {
  // The driver may wait in vain for a connection that was killed while it opened.
  const sql = postgres(dbUrl, { max: connections, connect_timeout: 2, onnotice: () => {} });
  const chief = postgres(dbUrl, { max: 1, onnotice: () => {} });
  try {
    const accounts: string[] = [];
    for (let i = 0; i < USERS; i++) {
      const [row] = await chief`select private.ledger_account('user', gen_random_uuid(), 'EUR', 'available') as id`;
      accounts.push(row?.id);
    }
    const [world] = await chief`select private.platform_account('EUR', 'world') as id`;
    for (const account of accounts) await post(chief, crypto.randomUUID(), world?.id, account, 50_00n);
    const balances = accounts.map(() => 50_00n);
    const list: Operation[] = Array.from({ length: operations }, () => {
      const from = Math.floor(random() * USERS);
      const to = (from + 1 + Math.floor(random() * (USERS - 1))) % USERS;
      return { clientId: crypto.randomUUID(), from, to, cents: BigInt(1 + Math.floor(random() * 40_00)) };
    });
    let done = 0;
    const killer = killNowAndThen(chief, { kills, word: "private.post_transfer", progress: () => done / operations });
    let next = 0;
    const accepted = new Set<Operation>();
    await Promise.all(Array.from({ length: connections }, async () => {
      for (let i = next++; i < list.length; i = next++) {
        const operation = list[i] as Operation;
        const twice = random() < 0.2;
        const asked = [attempt(sql, operation, accounts), ...(twice ? [attempt(sql, operation, accounts)] : [])];
        const answers = await Promise.all(asked);
        // An answer may differ while money comes and goes between the two; a yes is a yes.
        if (answers.includes(true)) accepted.add(operation);
        done++;
      }
    }));
    await killer;
    for (const { from, to, cents } of accepted) {
      balances[from] = (balances[from] as bigint) - cents;
      balances[to] = (balances[to] as bigint) + cents;
    }
    const rows = await chief`
      select id, (balance * 100)::bigint::text as cents from ledger_accounts where id = any(${accounts}::uuid[])`;
    const stored = new Map(rows.map(({ id, cents }) => [id, BigInt(cents)]));
    assert.deepEqual(accounts.map((id) => stored.get(id)), balances, "every accepted operation counts once");
    assert.ok(balances.every((cents) => cents >= 0n));
    assert.ok(accepted.size > operations / 10, `${accepted.size} accepted`);
  } finally {
    await Promise.all([sql.end({ timeout: 1 }), chief.end({ timeout: 1 })]);
  }
}

/** Whether it was accepted; asks again under the same id when the connection is lost. */
async function attempt(
  sql: postgres.Sql,
  { clientId, from, to, cents }: Operation,
  accounts: string[],
): Promise<boolean> {
  const ask = () => post(sql, clientId, accounts[from] as string, accounts[to] as string, cents);
  return await insist(ask, (message) => message.includes("insufficient_funds")) !== null;
}

async function post(sql: postgres.Sql, clientId: string, from: string, to: string, cents: bigint): Promise<true> {
  const amount = `${cents / 100n}.${String(cents % 100n).padStart(2, "0")}`;
  await onlyRow(sql`
    select private.post_transfer('model', ${clientId}, ${[from, to]}::uuid[], ${["-" + amount, amount]}::numeric[])`);
  return true;
}
