import assert from "node:assert/strict";
import { join } from "node:path";
import { LogFile } from "./log_file.ts";

Deno.test("a log file begins again when it is full, and others cannot read it", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "web.log");
    const line = new TextEncoder().encode("0123456789\n");
    const log = new LogFile(path, { bytes_max: 25 });
    for (const expected of [11, 22, 11, 22]) {
      log.write(line);
      assert.equal((await Deno.stat(path)).size, expected);
    }
    log.close();
    assert.equal(((await Deno.stat(path)).mode ?? 0) & 0o077, 0);

    const later = new LogFile(path, { bytes_max: 25 });
    later.write(line);
    later.close();
    assert.equal((await Deno.stat(path)).size, 11, "what an earlier run wrote counts");
    new LogFile(path, { anew: true }).close();
    assert.equal((await Deno.stat(path)).size, 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
