import { checkRecord, readHeader, readRecord, type RecordingHeader, type RecordingRecord } from "../recording.ts";
import { readBlocks, RecordingError } from "./recording_block.ts";
import { parsePartName } from "./recording_parts.ts";

/** A recording's part and those that follow it. */
export interface Recording {
  /** Header of the first part read. */
  header: RecordingHeader;
  paths: string[];
}

/** What was found at a recording's ends. */
export interface RecordingEnds {
  /** Parts that were cut off, and the bytes up to which they could be read. */
  cuts: { path: string; bytes: number }[];
  /** Whether the recording was ended in order. */
  ended: boolean;
}

/**
 * Finds the part at `path` and those that follow it beside it. Throws {@link RecordingError} for a file that is no
 * recording of ours, or is one that this program does not understand.
 */
export async function openRecording(path: string): Promise<Recording> {
  const header = await headerOf(path);
  const slash = path.lastIndexOf("/");
  const folder = slash === -1 ? "." : path.slice(0, slash) || "/";
  const name = parsePartName(path.slice(slash + 1));
  const paths = [path];
  // A file that was given another name stands for itself.
  if (name?.recording !== header.recording || name.part !== header.part) return { header, paths };
  const later: { part: number; path: string }[] = [];
  for await (const entry of Deno.readDir(folder)) {
    const other = parsePartName(entry.name);
    if (other?.recording === header.recording && other.part > header.part) {
      later.push({ part: other.part, path: `${folder}/${entry.name}` });
    }
  }
  later.sort((a, b) => a.part - b.part);
  return { header, paths: [...paths, ...later.map((part) => part.path)] };
}

/**
 * Reads a recording's records, part after part, and says at the end how it ended. Throws {@link RecordingError} for a
 * record that is damaged, with its place.
 */
export async function* readRecording({ header, paths }: Recording): AsyncGenerator<RecordingRecord, RecordingEnds> {
  const ends: RecordingEnds = { cuts: [], ended: false };
  let follows = false;
  for (const path of paths) {
    ends.ended = false;
    const blocks = readBlocks(path);
    let block = await blocks.next();
    try {
      for (let first = true; block.done !== true; block = await blocks.next(), first = false) {
        const { offset, text } = block.value;
        const lines = text.split("\n");
        if (lines.pop() !== "") throw damaged(path, offset, lines.length + 1, "a line is not ended");
        for (let i = 0; i < lines.length; i++) {
          if (first && i === 0) {
            checkHeader(path, lines[i] ?? "", header);
            continue;
          }
          const read = readRecord(lines[i] ?? "");
          if (!read.ok) throw damaged(path, offset, i + 1, read.problem);
          const [kind] = read.value;
          if (kind === "end") ends.ended = true;
          if (kind === "gap") follows = false;
          if (kind !== "known") {
            yield read.value;
            continue;
          }
          // Told twice, it would be a second subscription.
          if (follows) continue;
          for (const value of read.value[2]) {
            const known = checkRecord(value);
            if (!known.ok) throw damaged(path, offset, i + 1, known.problem);
            yield known.value;
          }
        }
      }
    } finally {
      // Whoever reads on no further leaves no file open.
      await blocks.return({ cutAt: null });
    }
    follows = block.value.cutAt === null;
    if (block.value.cutAt !== null) ends.cuts.push({ path, bytes: block.value.cutAt });
  }
  return ends;
}

async function headerOf(path: string): Promise<RecordingHeader> {
  const blocks = readBlocks(path);
  const first = await blocks.next();
  await blocks.return({ cutAt: null });
  if (first.done === true) throw new RecordingError(`Cannot read "${path}": it ends before its header does`);
  return parseHeader(path, first.value.text.slice(0, first.value.text.indexOf("\n") + 1));
}

function parseHeader(path: string, line: string): RecordingHeader {
  const header = readHeader(line);
  if (!header.ok) throw new RecordingError(`Cannot read "${path}": ${header.problem}`);
  return header.value;
}

function checkHeader(path: string, line: string, { recording, exchange }: RecordingHeader): void {
  const header = parseHeader(path, line);
  if (header.recording === recording && header.exchange === exchange) return;
  throw new RecordingError(`Cannot read "${path}": its header is that of another recording than its name says`);
}

function damaged(path: string, offset: number, line: number, problem: string): RecordingError {
  return new RecordingError(
    `Cannot read "${path}": it is damaged at byte ${offset}, line ${line} of the block: ${problem}`,
  );
}
