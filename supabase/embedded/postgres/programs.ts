import type { ServerUser } from "./server_user.ts";

/** What a program said on its way to a failure, to be repeated to the operator. */
const COMPLAINT = /\b(?:FATAL|PANIC|ERROR|error):.*/;

/** Starts a program as the server's user, with nothing of our environment. */
export function spawnAs(user: ServerUser, program: string, args: string[]): Deno.ChildProcess {
  const [command = program, ...rest] = [...user.wrapper, program, ...args];
  return new Deno.Command(command, {
    args: rest,
    clearEnv: true,
    // initdb runs its helpers through a shell.
    // The last one keeps macOS's tar from adding files of its own.
    env: { LC_ALL: "C", PATH: "/usr/bin:/bin", COPYFILE_DISABLE: "1" },
    cwd: "/",
    stdin: "piped",
    stdout: "null",
    stderr: "piped",
    detached: true,
    ...(user.wrapper.length === 0 ? user.owner : undefined),
  }).spawn();
}

/**
 * Runs a program as the server's user to its end.
 * @param input what it reads, where no other process can see it.
 * @throws Error with what it complained about.
 */
export async function runAs(
  user: ServerUser,
  program: string,
  args: string[],
  input: Iterable<Uint8Array> | AsyncIterable<Uint8Array> = [],
): Promise<void> {
  const child = spawnAs(user, program, args);
  const feeding = feed(child.stdin.getWriter(), input);
  // One that ends before it has read everything says why on its other stream.
  feeding.catch(() => {});
  const said = (await new Response(child.stderr).text()).trim();
  const { success, code } = await child.status;
  if (!success) throw new Error(COMPLAINT.exec(said)?.[0] ?? (said || `${program} ended with code ${code}`));
  await feeding;
}

async function feed(
  writer: WritableStreamDefaultWriter<Uint8Array>,
  input: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  for await (const chunk of input) await writer.write(chunk);
  await writer.close();
}
