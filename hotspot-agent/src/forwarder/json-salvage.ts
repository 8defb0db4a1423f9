/**
 * Gets the sound parts out of a PUSH_DATA text that JSON.parse refuses.
 *
 * Forwarders print numbers with C's printf, so a level that is not a number comes out as `nan` or `-inf`, and a text may be cut off
 * at the end. One such rxpk must not lose the others: the elements of `rxpk` are found by their braces and read one by one,
 * with the words C prints for no number read as null. Answers whole objects only; what cannot be read is counted.
 */

export interface Salvage {
  readonly rxpk: readonly unknown[];
  readonly stat: unknown;
  /** Elements that could not be read, a cut-off one included. */
  readonly unreadable: number;
}

const quote = 0x22;
const backslash = 0x5c;

/** Index after the object or array that opens at `from`, or -1 when the text ends inside it. */
function endOfBlock(text: string, from: number): number {
  let depth = 0;
  let inString = false;
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (inString) {
      if (code === backslash) i++;
      else if (code === quote) inString = false;
    } else if (code === quote) inString = true;
    else if (code === 0x7b || code === 0x5b) depth++;
    else if (code === 0x7d || code === 0x5d) {
      depth--;
      if (depth === 0) return i + 1;
    }
  }
  return -1;
}

function parsed(text: string): { readonly value: unknown } | null {
  for (const candidate of [text, text.replace(/:\s*[-+]?(?:nan|inf(?:inity)?)\b(?:\(\w*\))?/gi, ":null")]) {
    try {
      return { value: JSON.parse(candidate) };
    } catch {}
  }
  return null;
}

/** What can be read of `text`, which JSON.parse has refused. */
export function salvage(text: string): Salvage {
  const rxpk: unknown[] = [];
  let unreadable = 0;
  const list = /"rxpk"\s*:\s*\[/.exec(text);
  let at = list === null ? text.length : list.index + list[0].length;
  let listEnd = at;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === 0x5d) break;
    if (code !== 0x7b) {
      at++;
      continue;
    }
    const end = endOfBlock(text, at);
    const element = end < 0 ? null : parsed(text.slice(at, end));
    if (element === null) unreadable++;
    else rxpk.push(element.value);
    if (end < 0) return { rxpk, stat: salvageStat(text.slice(0, list?.index)), unreadable };
    at = end;
    listEnd = end;
  }
  return {
    rxpk,
    stat: salvageStat(list === null ? text : text.slice(0, list.index) + text.slice(listEnd)),
    unreadable,
  };
}

function salvageStat(text: string): unknown {
  const found = /"stat"\s*:\s*\{/.exec(text);
  if (found === null) return undefined;
  const open = found.index + found[0].length - 1;
  const end = endOfBlock(text, open);
  return end < 0 ? undefined : parsed(text.slice(open, end))?.value;
}
