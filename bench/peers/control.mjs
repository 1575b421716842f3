// Every server of the fan-out benchmark obeys the same lines on its standard input.
import process from "node:process";
import { createInterface } from "node:readline";

/**
 * @param {() => void} publish sends one tick's updates to every subscriber.
 * @param {() => Promise<void>} [stop] ends what the process started.
 */
export function obey(publish, stop = () => Promise.resolve()) {
  createInterface({ input: process.stdin }).on("line", (line) => {
    if (line === "tick") publish();
    if (line === "cpu") {
      const { user, system } = process.cpuUsage();
      process.stdout.write(`${JSON.stringify({ pid: process.pid, cpu_us: user + system, rss: process.memoryUsage().rss })}\n`);
    }
    if (line === "end") stop().then(() => process.exit(0));
  });
}

/**
 * @param {number} tick
 * @param {number} count
 */
export function updatesOf(tick, count) {
  return Array.from({ length: count }, (_, index) => ({
    t: 1_700_000_000_000 + tick,
    o: "98412.6",
    h: "98447.9",
    l: "98318.2",
    c: String(98_000 + ((tick * 7 + index) % 1000)),
    v: "12.34567",
    closed: false,
    et: 1_700_000_000_000 + tick,
    token: 1,
    n: index,
    pad: "x".repeat(60),
  }));
}

export const UPDATES_PER_TICK = 8;

/**
 * @param {number} port where clients connect.
 * @param {Record<string, unknown>} [more] what else its drivers need.
 */
export function ready(port, more = {}) {
  process.stdout.write(`${JSON.stringify({ port, ...more })}\n`);
}
