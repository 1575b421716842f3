/** Our side of the fan-out benchmark: embedded Supabase, published to as the worker does. */
import process from "node:process";
import { startTestSupabase } from "../../supabase/embedded/testing.ts";
import { obey, ready, UPDATES_PER_TICK, updatesOf } from "../peers/control.mjs";

const supabase = await startTestSupabase();
const topic = "market:sim:BTC-USDT:1m";
let tick = 0;

obey(() => {
  tick++;
  const messages = updatesOf(tick, UPDATES_PER_TICK).map((payload) => ({
    topic,
    event: "candle",
    payload,
    private: true,
  }));
  publish(messages).catch((error) => {
    process.stderr.write(`${error}\n`);
    process.exit(1);
  });
}, () => supabase.stop());
ready(Number(new URL(supabase.url).port), { apikey: supabase.publishableKey, secretKey: supabase.secretKey });

async function publish(messages: unknown[]): Promise<void> {
  const response = await fetch(`${supabase.url}/realtime/v1/api/broadcast`, {
    method: "POST",
    headers: { apikey: supabase.secretKey, "content-type": "application/json" },
    body: JSON.stringify({ messages }),
  });
  await response.body?.cancel();
  if (response.status !== 202) throw new Error(`The broadcast was refused: ${response.status}`);
}
