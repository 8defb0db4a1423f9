/** Base58 with Bitcoin's alphabet, as Solana writes addresses and we write device keys. */

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/** The text of any bytes: one leading "1" for each leading zero byte, then the number. */
export function base58Text(bytes: Uint8Array): string {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  let text = "";
  while (value > 0n) {
    text = ALPHABET[Number(value % 58n)]! + text;
    value /= 58n;
  }
  const firstSet = bytes.findIndex((byte) => byte !== 0);
  return ALPHABET[0]!.repeat(firstSet < 0 ? bytes.length : firstSet) + text;
}

/** The bytes a text stands for; undefined when a character is not of the alphabet. Cost grows with the square of the length: bound it. */
export function base58Bytes(text: string): Uint8Array | undefined {
  let value = 0n;
  for (const character of text) {
    const digit = ALPHABET.indexOf(character);
    if (digit < 0) return undefined;
    value = value * 58n + BigInt(digit);
  }
  const reversed: number[] = [];
  for (; value > 0n; value >>= 8n) reversed.push(Number(value & 0xffn));
  const zeros = text.length - text.replace(/^1+/, "").length;
  const bytes = new Uint8Array(zeros + reversed.length);
  bytes.set(reversed.reverse(), zeros);
  return bytes;
}
