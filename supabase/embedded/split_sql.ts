/** One statement of a script. */
export interface SqlStatement {
  /** Its text, with the comments before it, without the closing semicolon. */
  text: string;
  /** The line it begins on, from 1. */
  line: number;
}

// What may hide a semicolon, longest first: comments, quoted text, dollar quotes, and words.
const TOKEN =
  /--[^\n]*|\/\*|[eE]'(?:[^'\\]|\\[\s\S]|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*|;/g;

/**
 * Splits a script into statements the way the Supabase CLI does: semicolons within strings, quoted
 * identifiers, dollar quotes, nested comments and `begin atomic … end` bodies do not count.
 * Parts that hold comments alone are dropped.
 */
export function splitSql(script: string): SqlStatement[] {
  const statements: SqlStatement[] = [];
  const scanner = new RegExp(TOKEN);
  let start = 0;
  let hasCode = false;
  let codeFrom = 0;
  let previousWord = "";
  let atomicDepth = 0;
  const finish = (end: number) => {
    const text = script.slice(start, end).trim();
    if (hasCode && text !== "") {
      statements.push({ text, line: script.slice(0, start).split("\n").length + blankLines(script, start) });
    }
  };
  const seeCode = (from: number, to: number) => hasCode ||= script.slice(from, to).trim() !== "";

  for (let match = scanner.exec(script); match !== null; match = scanner.exec(script)) {
    const token = match[0];
    seeCode(codeFrom, match.index);
    if (token === "/*") scanner.lastIndex = endOfComment(script, scanner.lastIndex);
    else if (token.startsWith("--")) { /* nothing */ }
    else if (token === ";") {
      if (atomicDepth === 0) {
        finish(match.index);
        start = scanner.lastIndex;
        hasCode = false;
        previousWord = "";
      }
    } else {
      hasCode = true;
      if (token.startsWith("$")) scanner.lastIndex = endOfDollarQuote(script, token, scanner.lastIndex);
      const word = token.toLowerCase();
      if (atomicDepth > 0) {
        if (word === "case") atomicDepth++;
        else if (word === "end") atomicDepth--;
      } else if (word === "atomic" && previousWord === "begin") atomicDepth = 1;
      previousWord = word;
    }
    codeFrom = scanner.lastIndex;
  }
  seeCode(codeFrom, script.length);
  finish(script.length);
  return statements;
}

function blankLines(script: string, start: number): number {
  return (/^\s*/.exec(script.slice(start))?.[0].split("\n").length ?? 1) - 1;
}

/** Comments nest in PostgreSQL. */
function endOfComment(script: string, from: number): number {
  const edges = /\/\*|\*\//g;
  edges.lastIndex = from;
  let depth = 1;
  for (let edge = edges.exec(script); edge !== null; edge = edges.exec(script)) {
    depth += edge[0] === "/*" ? 1 : -1;
    if (depth === 0) return edges.lastIndex;
  }
  return script.length;
}

function endOfDollarQuote(script: string, tag: string, from: number): number {
  const end = script.indexOf(tag, from);
  return end === -1 ? script.length : end + tag.length;
}
