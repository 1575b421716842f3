import { z } from "zod";
import type { Logger } from "../../kernel/log.ts";

/** Size at which a file of heads is put aside: years of them. A later head vouches for all that came before it. */
const FILE_BYTES_MAX = 64 * 1024 * 1024;

/** What is read of a file's end to find its last head. */
const TAIL_BYTES_MAX = 64 * 1024;

/** Longest time a webhook may take. */
const WEBHOOK_TIMEOUT_MS = 5_000;

const headSchema = z.object({
  seq: z.string().regex(/^\d{1,15}$/),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  /** When it was exported, RFC 3339. */
  at: z.string(),
  /** Present when the chain did not hold at that time: such a head proves nothing. */
  bad: z.object({ first_bad_seq: z.string(), reason: z.string() }).optional(),
});

/** The end of the audit chain at one time, as it is kept outside the database. */
export type AuditHead = z.infer<typeof headSchema>;

/** A place outside the database that keeps heads. */
export interface HeadSink {
  readonly name: "log" | "file" | "webhook";
  /** Throws when the head could not be kept. */
  keep(head: AuditHead): Promise<void>;
}

/** Keeps heads as lines of the log, which operators ship elsewhere. */
export function logSink(logger: Logger): HeadSink {
  return {
    name: "log",
    keep(head) {
      logger.info("The audit chain's head", { ...head });
      return Promise.resolve();
    },
  };
}

/** Appends heads to a file and sees to it that they reach the disk. */
export function fileSink(path: string): HeadSink {
  return {
    name: "file",
    async keep(head) {
      const file = await Deno.open(path, { append: true, create: true, mode: 0o600 });
      try {
        await file.write(new TextEncoder().encode(`${JSON.stringify(head)}\n`));
        await file.syncData();
        if ((await file.stat()).size > FILE_BYTES_MAX) await Deno.rename(path, `${path}.1`);
      } finally {
        file.close();
      }
    },
  };
}

/** Posts heads as JSON. */
export function webhookSink(url: string): HeadSink {
  return {
    name: "webhook",
    async keep(head) {
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(head),
        redirect: "error",
        signal: AbortSignal.timeout(WEBHOOK_TIMEOUT_MS),
      }).catch(() => {
        // The cause names the address, which may hold a secret.
        throw new Error("the webhook does not answer");
      });
      await response.body?.cancel();
      if (!response.ok) throw new Error(`the webhook answered ${response.status}`);
    },
  };
}

/** The last head in a file that vouches for the chain; null when the file has none or cannot be read. */
export async function lastHeadIn(path: string): Promise<AuditHead | null> {
  let text: string;
  try {
    using file = await Deno.open(path);
    const { size } = await file.stat();
    await file.seek(Math.max(0, size - TAIL_BYTES_MAX), Deno.SeekMode.Start);
    text = await new Response(file.readable).text();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable) return null;
    throw error;
  }
  for (const line of text.split("\n").reverse()) {
    const head = parseHead(line);
    if (head !== null && head.bad === undefined) return head;
  }
  return null;
}

/** A half-written line is no head. */
function parseHead(line: string): AuditHead | null {
  try {
    return headSchema.parse(JSON.parse(line));
  } catch {
    return null;
  }
}
