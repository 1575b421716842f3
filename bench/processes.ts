/** Processes as Linux's /proc tells of them. */

const MICROSECONDS_PER_CLOCK_TICK = 10_000;

/** Resident memory of one process, in bytes. */
export async function residentBytes(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(status.match(/^VmRSS:\s+(\d+)/m)?.[1] ?? 0) * 1024;
}

/** Proportional resident memory of processes together, in bytes: pages they share are counted once. */
export async function proportionalBytes(pids: Iterable<number>): Promise<number> {
  let kilobytes = 0;
  for (const pid of pids) {
    const rollup = await Deno.readTextFile(`/proc/${pid}/smaps_rollup`).catch(() => "");
    kilobytes += Number(rollup.match(/^Pss:\s+(\d+)/m)?.[1] ?? 0);
  }
  return kilobytes * 1024;
}

/** A process and all below it. */
export async function familyOf(root: number): Promise<Set<number>> {
  const parents = new Map<number, number>();
  for await (const { name } of Deno.readDir("/proc")) {
    if (/^\d+$/.test(name)) parents.set(Number(name), Number((await statOf(Number(name)))[1] ?? 0));
  }
  const family = new Set([root]);
  for (let found = 0; found !== family.size;) {
    found = family.size;
    for (const [pid, parent] of parents) if (family.has(parent)) family.add(pid);
  }
  return family;
}

/** Processor time of one process since it started, in microseconds. */
export async function processCpu(pid: number): Promise<number> {
  const stat = await statOf(pid);
  return (Number(stat[11] ?? 0) + Number(stat[12] ?? 0)) * MICROSECONDS_PER_CLOCK_TICK;
}

/** Processor time of all processes below `root` since they started, those that ended included, in microseconds. */
export async function childrenCpu(root: number): Promise<number> {
  let ticks = 0;
  for (const pid of await familyOf(root)) {
    const stat = await statOf(pid);
    const own = pid === root ? 0 : Number(stat[11] ?? 0) + Number(stat[12] ?? 0);
    ticks += own + Number(stat[13] ?? 0) + Number(stat[14] ?? 0);
  }
  return ticks * MICROSECONDS_PER_CLOCK_TICK;
}

/** The fields of /proc/<pid>/stat behind the name, the state first; none when the process is gone. */
async function statOf(pid: number): Promise<string[]> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => "");
  return stat === "" ? [] : stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}
