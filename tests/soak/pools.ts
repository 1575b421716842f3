/** The pools' long run, of users, administrators and workers: `deno task soak:pools [operations] [seeds] [first seed]`. */
import { runPoolsModel } from "../rls/pools_model.ts";
import { runSeeds } from "./seeds.ts";

await runSeeds(async (options) => {
  const { settled, invested, redeemed } = await runPoolsModel(options);
  return `${settled} settlements, ${invested} investments, ${redeemed} redemptions, `;
});
