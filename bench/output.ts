/** Prints a line; the last one of a benchmark is its result as JSON. */
export function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}
