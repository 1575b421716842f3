/** Our side of the Realtime benchmarks: embedded Supabase, whole. */
import { startTestSupabase } from "../../supabase/embedded/testing.ts";
import { obey, ready } from "../peers/control.mjs";

const supabase = await startTestSupabase();
const { publishableKey, secretKey, dbUrl } = supabase;

// Published to over REST, as the worker does, never from inside.
obey(() => {}, () => supabase.stop());
ready(Number(new URL(supabase.url).port), { publishableKey, secretKey, dbUrl });
