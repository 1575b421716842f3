// Every server of the Realtime benchmarks obeys the same lines on its standard input.
import process from "node:process";
import { createInterface } from "node:readline";

/**
 * @param {(updates: object[]) => void} publish sends updates to every subscriber.
 * @param {() => Promise<void>} [stop] ends what the process started.
 */
export function obey(publish, stop = () => Promise.resolve()) {
  let tick = 0;
  createInterface({ input: process.stdin }).on("line", (line) => {
    const [command, count] = line.split(" ");
    if (command === "tick") publish(updatesOf(++tick, Number(count)));
    if (command === "usage") {
      const { user, system } = process.cpuUsage();
      process.stdout.write(`${JSON.stringify({ pid: process.pid, cpu_us: user + system, system_us: system })}\n`);
    }
    if (command === "collect") {
      if (globalThis.Bun) globalThis.Bun.gc(true);
      else globalThis.gc();
      process.stdout.write("{}\n");
    }
    if (command === "end") stop().then(() => process.exit(0));
  });
}

/**
 * Candle-sized updates, stamped with the time of their publication.
 * @param {number} tick
 * @param {number} count
 */
export function updatesOf(tick, count) {
  // Processes on one machine agree on this clock to a fraction of a millisecond.
  const at = (performance.timeOrigin + performance.now()).toFixed(3);
  return Array.from({ length: count }, (_, index) => ({
    t: 1_700_000_000_000 + tick,
    o: "98412.6",
    h: "98447.9",
    l: "98318.2",
    c: String(98_000 + ((tick * 7 + index) % 1000)),
    v: "12.34567",
    closed: false,
    at,
    token: 1,
    n: index,
    pad: "x".repeat(60),
  }));
}

/**
 * @param {number} port where clients connect.
 * @param {Record<string, unknown>} [more] what else its driver needs.
 */
export function ready(port, more = {}) {
  process.stdout.write(`${JSON.stringify({ port, ...more })}\n`);
}

/**
 * Numbers that look random and come again with the seed (Park and Miller's generator).
 * @param {number} seed from 1.
 * @returns {(below: number) => number} draws an integer from 0 up to `below`.
 */
export function drawFrom(seed) {
  let state = seed;
  return (below) => {
    state = state * 48_271 % 2_147_483_647;
    return state % below;
  };
}
