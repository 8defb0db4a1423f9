/** Base58 as Bitcoin and Solana have it. */

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

export function base58Text(bytes: Uint8Array): string {
  let value = 0n;
  for (const byte of bytes) value = value * 256n + BigInt(byte);
  let text = "";
  for (; value > 0n; value /= 58n) text = ALPHABET[Number(value % 58n)] + text;
  const zeros = bytes.findIndex((byte) => byte !== 0);
  return "1".repeat(zeros < 0 ? bytes.length : zeros) + text;
}

/** True for the text of 32 bytes. */
export function isWalletText(text: string): boolean {
  if (!/^[1-9A-HJ-NP-Za-km-z]{32,44}$/.test(text)) return false;
  let value = 0n;
  let zeros = 0;
  for (const letter of text) {
    value = value * 58n + BigInt(ALPHABET.indexOf(letter));
    if (value === 0n) zeros++;
  }
  let bytes = zeros;
  for (; value > 0n; value >>= 8n) bytes++;
  return bytes === 32;
}
