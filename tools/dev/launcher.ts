const CHECK_EVERY_ms = 500;
/** `deno task`, the shell npx starts, npx itself. */
const ANCESTORS_MAX = 3;

/**
 * Calls `onGone` once when whoever launched us is gone. `npx … task dev` puts npx, a shell and `deno task`
 * between the terminal and us, and not all of them pass signals on: without this watch, ending npx would
 * leave the stack running with nobody to stop it.
 * @returns a function that ends the watch.
 */
export function watchLauncher(onGone: () => void): () => void {
  const launchers = findLaunchers();
  const parent = Deno.ppid;
  const timer = setInterval(() => {
    if (Deno.ppid === parent && launchers.every(isAlive)) return;
    clearInterval(timer);
    onGone();
  }, CHECK_EVERY_ms);
  return () => clearInterval(timer);
}

/** Process ids of the command runners directly above us, nearest first; empty where /proc is missing. */
function findLaunchers(): number[] {
  const found: number[] = [];
  let pid = Deno.ppid;
  while (found.length < ANCESTORS_MAX && pid > 1) {
    const command = read(`/proc/${pid}/cmdline`)?.replaceAll("\0", " ") ?? "";
    if (!/\bdeno\b.*\btask\b|npm exec|\bnpx\b/.test(command)) break;
    found.push(pid);
    // The name in the second field may hold spaces and brackets: count fields from its end.
    const stat = read(`/proc/${pid}/stat`) ?? "";
    pid = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1] ?? 0);
  }
  return found;
}

function isAlive(pid: number): boolean {
  const stat = read(`/proc/${pid}/stat`);
  return stat !== null && stat[stat.lastIndexOf(")") + 2] !== "Z";
}

function read(path: string): string | null {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return null;
  }
}
