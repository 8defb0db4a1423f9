/** A byte string as a text with one UTF-16 unit a byte: a map key that compares as the bytes do. For keys and payloads, not for prose. */
export function bytesText(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** -1, 0 or 1 as the first byte string stands before, at or after the second. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
