/*
 * A block is a gzip member (RFC 1952) whose extra field `OC` holds the member's whole size, as bioinformatics' BGZF does:
 * a reader sees where a file was cut, and knows a damaged block by its place.
 */

/** Compressed bytes of one block at most: more is no block of ours. */
export const BLOCK_BYTES_MAX = 32 * 1024 * 1024;

/** Bytes that a block may unpack to, whatever its compressed form claims. */
export const BLOCK_UNPACKED_BYTES_MAX = 128 * 1024 * 1024;

const GZIP_HEADER_BYTES = 10;
const EXTRA_FLAG = 4;
/** XLEN, the field's name and length, and the size itself. */
const EXTRA = [8, 0, 0x4f, 0x43, 4, 0] as const;
const HEADER_BYTES = GZIP_HEADER_BYTES + EXTRA.length + 4;

/** A block as found: its place in the file, and its text. */
export interface Block {
  offset: number;
  text: string;
}

/** A file that cannot be read as a recording. The message names the place. */
export class RecordingError extends Error {
  override readonly name = "RecordingError";
}

/** Packs text into a block. */
export async function packBlock(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  const member = new Uint8Array(await new Response(stream).arrayBuffer());
  const block = new Uint8Array(member.length + EXTRA.length + 4);
  block.set(member.subarray(0, GZIP_HEADER_BYTES));
  block[3] = (member[3] ?? 0) | EXTRA_FLAG;
  block.set(EXTRA, GZIP_HEADER_BYTES);
  new DataView(block.buffer).setUint32(GZIP_HEADER_BYTES + EXTRA.length, block.length, true);
  block.set(member.subarray(GZIP_HEADER_BYTES), HEADER_BYTES);
  return block;
}

/**
 * Reads a file's blocks, in order. Answers whether the file ends with a block cut off. Throws {@link RecordingError} for a
 * file that is damaged before its end, or no recording at all.
 */
export async function* readBlocks(path: string): AsyncGenerator<Block, { cutAt: number | null }> {
  using file = await Deno.open(path);
  let offset = 0;
  while (true) {
    const header = await readFully(file, HEADER_BYTES);
    if (header.length === 0) return { cutAt: null };
    if (!isBeginning(header)) throw damaged(path, offset, "what stands there is no block");
    if (header.length < HEADER_BYTES) return { cutAt: offset };
    const size = new DataView(header.buffer).getUint32(GZIP_HEADER_BYTES + EXTRA.length, true);
    if (size <= HEADER_BYTES || size > BLOCK_BYTES_MAX) throw damaged(path, offset, `a block of ${size} bytes is none`);
    const rest = await readFully(file, size - HEADER_BYTES);
    if (rest.length < size - HEADER_BYTES) {
      // What was cut is the last block: another one within its bytes means that its size is wrong.
      if (holdsBlock(rest)) throw damaged(path, offset, "the block is shorter than it says");
      return { cutAt: offset };
    }
    const text = await unpack(header, rest);
    if (text === null) throw damaged(path, offset, "the block does not unpack to what was packed");
    yield { offset, text };
    offset += size;
  }
}

function damaged(path: string, offset: number, why: string): RecordingError {
  const what = offset === 0 ? "it is no recording" : `it is damaged at byte ${offset}`;
  return new RecordingError(`Cannot read "${path}": ${what}: ${why}`);
}

/** Whether bytes may be a block's header, cut off or whole. */
function isBeginning(bytes: Uint8Array): boolean {
  const marks = [0x1f, 0x8b, 8, EXTRA_FLAG];
  for (let i = 0; i < Math.min(bytes.length, marks.length); i++) if (bytes[i] !== marks[i]) return false;
  for (let i = 0; i < EXTRA.length && GZIP_HEADER_BYTES + i < bytes.length; i++) {
    if (bytes[GZIP_HEADER_BYTES + i] !== EXTRA[i]) return false;
  }
  return true;
}

function holdsBlock(bytes: Uint8Array): boolean {
  for (let at = bytes.indexOf(0x1f); at !== -1; at = bytes.indexOf(0x1f, at + 1)) {
    if (bytes.length - at >= HEADER_BYTES && isBeginning(bytes.subarray(at, at + HEADER_BYTES))) return true;
  }
  return false;
}

async function readFully(file: Deno.FsFile, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const read = await file.read(bytes.subarray(done));
    if (read === null) break;
    done += read;
  }
  return bytes.slice(0, done);
}

/** The block's text; null when its sum, its length or its text is wrong. */
async function unpack(header: Uint8Array<ArrayBuffer>, rest: Uint8Array<ArrayBuffer>): Promise<string | null> {
  const stream = new Blob([header, rest]).stream().pipeThrough(new DecompressionStream("gzip"));
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  try {
    for await (const chunk of stream) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > BLOCK_UNPACKED_BYTES_MAX) return null;
    }
    return new TextDecoder("utf-8", { fatal: true }).decode(await new Blob(chunks).arrayBuffer());
  } catch (error) {
    if (error instanceof TypeError || error instanceof Deno.errors.InvalidData) return null;
    throw error;
  }
}
