import { join } from "node:path";
import type { Logger } from "../../../lib/kernel/log.ts";
import { StartError, startError } from "../errors.ts";
import { preparePostgresBinaries } from "./binaries.ts";
import { type ClusterTemplate, makeCluster } from "./new_cluster.ts";
import { stopOrphan } from "./orphan.ts";
import { PostgresServer } from "./server.ts";
import { resolveServerUser } from "./server_user.ts";

/** What a cluster needs to know. */
export interface ClusterOptions {
  /** The stack's data folder, absolute and existing; the cluster lives in its folder "postgres". */
  dataDir: string;
  /** On 127.0.0.1; 0 chooses a free one. */
  port: number;
  /** The password of the superuser "postgres": base64url text. */
  password: string;
  /** What a new cluster is a copy of; left out, it holds what initdb makes. */
  template?: ClusterTemplate | undefined;
  logger: Logger;
}

const MAJOR_VERSION = "18";

/**
 * Makes the cluster if there is none, ends an orphaned server of it, and starts it.
 * @throws StartError with one line saying what to do.
 */
export async function startCluster(options: ClusterOptions): Promise<PostgresServer> {
  const { dataDir, port, password, template, logger } = options;
  const binaries = await preparePostgresBinaries();
  const user = await resolveServerUser([binaries.native, dataDir], logger);
  const pgData = join(dataDir, "postgres");
  if (await holdsCluster(pgData)) await stopOrphan(pgData, logger);
  else await makeCluster({ binaries, user, pgData, password, template, logger });
  return await PostgresServer.start({ binaries, user, pgData, port, logger });
}

async function holdsCluster(pgData: string): Promise<boolean> {
  let version: string;
  try {
    version = (await Deno.readTextFile(join(pgData, "PG_VERSION"))).trim();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      throw startError(`Cannot read "${pgData}"`, error, "Make it yours or choose another data folder");
    }
    if (!await exists(pgData)) return false;
    throw new StartError(
      `"${pgData}" is not a PostgreSQL data folder: move it away to start afresh, or choose another data folder`,
    );
  }
  if (version === MAJOR_VERSION) return true;
  throw new StartError(
    `"${pgData}" belongs to PostgreSQL ${version}, this is ${MAJOR_VERSION}: move it away to start afresh, or choose another data folder`,
  );
}

async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}
