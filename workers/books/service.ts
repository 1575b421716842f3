import { BooksKeeper } from "../../lib/admin/worker/books_keeper.ts";
import { BooksMetrics } from "../../lib/admin/worker/books_metrics.ts";
import type { WorkerContext } from "../context.ts";
import type { Service } from "../service.ts";

/** Checks the ledger and tells Prometheus how the business stands. */
export function createBooksService({ rpc, registry, logger, nowMs, newId }: WorkerContext): Service {
  const keeper = new BooksKeeper({ holder: newId(), rpc, metrics: new BooksMetrics(registry), logger, nowMs });
  return {
    name: "books",
    run: (signal) => keeper.run(signal),
    health: () => keeper.health(),
  };
}
