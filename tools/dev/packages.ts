import { join } from "node:path";
import { StartRefusal } from "./settings.ts";

/**
 * Downloads the packages that deno.lock names, unless that was done for this very lock file.
 * @throws StartRefusal when they cannot be downloaded.
 */
export async function ensurePackages(root: string, say: (line: string) => void): Promise<void> {
  const stamp = join(root, "node_modules", ".outcry-lock");
  const wanted = await hashOf(join(root, "deno.lock"));
  if (await Deno.readTextFile(stamp).catch(() => "") === wanted) return;
  say("Downloading packages");
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["install", "--quiet", "--frozen"],
    cwd: root,
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) {
    const reason = new TextDecoder().decode(stderr).trim().split("\n").at(-1);
    throw new StartRefusal(`Cannot download packages: ${reason}. Check the connection and run the command again`);
  }
  await Deno.writeTextFile(stamp, wanted);
}

async function hashOf(path: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(path));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
