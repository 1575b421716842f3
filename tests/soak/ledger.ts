/** The ledger's long run: `deno task soak:ledger [operations] [seeds] [first seed]`. */
import { runLedgerModel } from "../rls/ledger_model.ts";
import { runSeeds } from "./seeds.ts";

await runSeeds(async (options) => {
  await runLedgerModel(options);
  return "";
});
