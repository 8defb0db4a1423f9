/** Base58 with Bitcoin's alphabet, as Solana writes addresses and we write device keys. */

export const BASE58_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/** The text of any bytes: one leading "1" for each leading zero byte, then the number. */
export function base58Text(bytes: Uint8Array): string {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  let text = "";
  while (value > 0n) {
    text = BASE58_ALPHABET[Number(value % 58n)]! + text;
    value /= 58n;
  }
  const firstSet = bytes.findIndex((byte) => byte !== 0);
  return BASE58_ALPHABET[0]!.repeat(firstSet < 0 ? bytes.length : firstSet) + text;
}
