/** Hex text to bytes and back, for vectors in tests. */
export function hex(text: string): Uint8Array {
  return Uint8Array.fromHex(text.replaceAll(" ", ""));
}

export function hexOf(bytes: Uint8Array): string {
  return bytes.toHex();
}
