import assert from "node:assert/strict";
import { join } from "node:path";
import { openDataFolder, writePids } from "./data_folder.ts";
import { StartRefusal } from "./settings.ts";

const OPEN = `
const { openDataFolder } = await import(Deno.args[0]);
await openDataFolder(Deno.args[1], () => {}).then(() => console.log("opened"), (error) => console.log(error.message));
`;

/** Opens the folder as another process would, and tells what it said. */
async function openElsewhere(folder: string): Promise<string> {
  const module = new URL("./data_folder.ts", import.meta.url).href;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", OPEN, module, folder],
    env: { NO_COLOR: "1" },
  }).output();
  return new TextDecoder().decode(stdout).trim();
}

Deno.test("a data folder belongs to one run, whose files a second one leaves alone", async () => {
  const folder = await Deno.makeTempDir({ prefix: "out cry#1 " });
  try {
    const release = await openDataFolder(folder, () => {});
    // No child has been started yet: a second start in this moment is refused all the same.
    assert.match(await openElsewhere(folder), /^Outcry already runs on .*: stop it, or set OUTCRY_DATA/);
    writePids(folder, { supervisor: Deno.pid, children: [] });
    await Deno.writeTextFile(join(folder, "dev.json"), "{}");
    assert.match(await openElsewhere(folder), new RegExp(`as process ${Deno.pid}: stop it`));
    assert.equal(await Deno.readTextFile(join(folder, "dev.json")), "{}");
    release();
    assert.equal(await openElsewhere(folder), "opened");
    await assert.rejects(Deno.stat(join(folder, "dev.json")), Deno.errors.NotFound);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("openDataFolder() says what to do about a folder it cannot use", async () => {
  const path = await Deno.makeTempFile();
  try {
    await assert.rejects(openDataFolder(path, () => {}), (error) => {
      assert.ok(error instanceof StartRefusal);
      assert.match(error.message, /^Cannot use the data folder .*Set OUTCRY_DATA/);
      return true;
    });
  } finally {
    await Deno.remove(path);
  }
});
