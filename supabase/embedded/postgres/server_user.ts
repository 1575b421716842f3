import { dirname } from "node:path";
import type { Logger } from "../../../lib/kernel/log.ts";
import { StartError } from "../errors.ts";

/** As whom PostgreSQL runs: it refuses to run as root. */
export interface ServerUser {
  /** Whom the data files belong to; absent when that is ourselves. */
  owner?: { uid: number; gid: number };
  /** A command that steps down to the owner and starts the real one; empty when the spawn can do it. */
  wrapper: string[];
}

const USER = "postgres";
const SETPRIV = "/usr/bin/setpriv";
// Linux capability numbers (capability.h): the weaker one first.
const CAPABILITIES = [{ bit: 2, name: "dac_read_search" }, { bit: 1, name: "dac_override" }];

/**
 * Decides as whom PostgreSQL runs: as ourselves, or, when we are root, as the system user
 * "postgres", which is made if missing.
 * @param paths folders that user must be able to reach.
 * @throws StartError when that cannot be had.
 */
export async function resolveServerUser(paths: string[], logger: Logger): Promise<ServerUser> {
  if (Deno.uid() !== 0) return { wrapper: [] };
  const owner = lookUp() ?? await createUser();
  const closed = paths.map((path) => closedParent(path, owner)).find((path) => path !== undefined);
  if (closed === undefined) return { owner, wrapper: [] };

  // A clone below root's own folder: let the server pass that one door rather than open it to everybody.
  const capability = await passingCapability();
  if (capability === undefined) {
    throw new StartError(
      `PostgreSQL cannot run as root, and the user "${USER}" may not enter "${closed}": ` +
        `move the project and its data folder elsewhere, run "chmod o+x ${closed}", or start as a normal user`,
    );
  }
  logger.warn("PostgreSQL runs with a capability to pass a closed folder", { folder: closed, capability });
  return {
    owner,
    wrapper: [
      SETPRIV,
      `--reuid=${owner.uid}`,
      `--regid=${owner.gid}`,
      "--clear-groups",
      `--inh-caps=-all,+${capability}`,
      `--ambient-caps=-all,+${capability}`,
      "--",
    ],
  };
}

function lookUp(): { uid: number; gid: number } | undefined {
  for (const line of Deno.readTextFileSync("/etc/passwd").split("\n")) {
    const [name, , uid, gid] = line.split(":");
    if (name === USER) return { uid: Number(uid), gid: Number(gid) };
  }
  return undefined;
}

async function createUser(): Promise<{ uid: number; gid: number }> {
  try {
    await new Deno.Command("useradd", {
      args: ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", USER],
      stdout: "null",
      stderr: "null",
    }).output();
  } catch {
    // Judged by the look-up below.
  }
  const user = lookUp();
  if (user === undefined) {
    throw new StartError(
      `PostgreSQL cannot run as root and the system user "${USER}" could not be made: run "useradd --system ${USER}" or start as a normal user`,
    );
  }
  return user;
}

/** The outermost folder on the way to `path` that `user` may not pass. */
function closedParent(path: string, user: { uid: number; gid: number }): string | undefined {
  const parents: string[] = [];
  for (let at = path; at !== dirname(at); at = dirname(at)) parents.unshift(at);
  return parents.find((parent) => {
    const { mode, uid, gid } = Deno.statSync(parent);
    if (mode === null) return false;
    if (uid === user.uid) return (mode & 0o100) === 0;
    if (gid === user.gid) return (mode & 0o010) === 0;
    return (mode & 0o001) === 0;
  });
}

async function passingCapability(): Promise<string | undefined> {
  if (Deno.build.os !== "linux") return undefined;
  try {
    await Deno.stat(SETPRIV);
    const status = await Deno.readTextFile("/proc/self/status");
    const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
    return CAPABILITIES.find(({ bit }) => (effective >> BigInt(bit)) & 1n)?.name;
  } catch {
    return undefined;
  }
}
