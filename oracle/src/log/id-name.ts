/** Upload ids as keys of maps. */

const scratch = Buffer.alloc(32);

/** The 32 bytes of an id as Latin-1 text. Copied first: whoever asks a small array for its buffer makes it one, which costs more than all else. */
export function idName(id: Uint8Array): string {
  scratch.set(id);
  return scratch.toString("latin1");
}
