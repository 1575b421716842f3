/** `deno task test [files…]`: builds the pages' scripts, runs every test, and ends with `N passed, N failed`. */
import { fileURLToPath } from "node:url";
import { findChromium } from "../tests/chromium.ts";
import { ensurePackages } from "./dev/packages.ts";
import { StartRefusal } from "./dev/settings.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const say = (line: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));

try {
  await main(Deno.args);
} catch (error) {
  if (!(error instanceof StartRefusal)) throw error;
  say(error.message);
  Deno.exit(1);
}

async function main(args: string[]): Promise<void> {
  await ensurePackages(root, say);
  const chromium = findChromium();
  if (!chromium) {
    const hint = "Chromium is missing: install it (apt-get install chromium) or set CHROMIUM to its path";
    if (Deno.env.get("REQUIRE_BROWSER") === "1") throw new StartRefusal(`${hint}, because REQUIRE_BROWSER=1`);
    say(`${hint}. Browser tests are skipped`);
  }
  await run(["run", "-A", "tools/build.ts"], "pipe-nothing");
  const output = await run(
    ["test", "-A", "--quiet", "--sanitize-ops", "--sanitize-resources", "--parallel", ...args],
    "pipe-through",
  );
  say(summarise(output.text));
  Deno.exit(output.code);
}

/** The closing line from the reporter's last totals, such as `ok | 12 passed (3 steps) | 0 failed | 1 ignored (3s)`. */
function summarise(text: string): string {
  const totals = text.match(/\| (\d+) passed.*?\| (\d+) failed(?:.*?\| (\d+) ignored)?/g)?.at(-1) ?? "";
  const count = (word: string) => Number(totals.match(new RegExp(`(\\d+) ${word}`))?.[1] ?? 0);
  const skipped = count("ignored");
  return `${count("passed")} passed, ${count("failed")} failed${skipped ? `, ${skipped} skipped` : ""}`;
}

async function run(args: string[], mode: "pipe-nothing" | "pipe-through"): Promise<{ code: number; text: string }> {
  const child = new Deno.Command(Deno.execPath(), {
    args,
    cwd: root,
    env: { NO_COLOR: "1", DENO_JOBS: Deno.env.get("DENO_JOBS") ?? "2" },
    stdin: "null",
    stdout: mode === "pipe-through" ? "piped" : "null",
    stderr: "inherit",
  }).spawn();
  let text = "";
  if (mode === "pipe-through") {
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      text = (text + chunk).slice(-10_000);
      Deno.stdout.writeSync(new TextEncoder().encode(chunk));
    }
  }
  const { code } = await child.status;
  if (mode === "pipe-nothing" && code !== 0) throw new StartRefusal("Cannot build the pages' scripts: see above");
  return { code, text };
}
