/**
 * Base58 as Solana writes addresses, signatures and small byte strings (Bitcoin's alphabet; a leading zero byte is a leading "1").
 *
 * Refuses characters outside the alphabet by answering null; lengths are the caller's to check.
 */
const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const DIGIT_OF = new Int8Array(128).fill(-1);
for (let digit = 0; digit < 58; digit++) DIGIT_OF[ALPHABET.charCodeAt(digit)] = digit;

/** Bytes as base58 text. */
export function base58(bytes: Uint8Array): string {
  let zeros = 0;
  while (zeros < bytes.length && bytes[zeros] === 0) zeros++;
  // Base 58^5 digits, least significant first: five characters a step, and every product stays below 2^53.
  const limbs: number[] = [];
  for (let at = zeros; at < bytes.length; at++) {
    let carry = bytes[at]!;
    for (let limb = 0; limb < limbs.length; limb++) {
      const value = limbs[limb]! * 256 + carry;
      carry = Math.floor(value / 656_356_768);
      limbs[limb] = value - carry * 656_356_768;
    }
    if (carry > 0) limbs.push(carry);
  }
  let text = "";
  for (let limb = 0; limb < limbs.length; limb++) {
    let value = limbs[limb]!;
    const isTop = limb === limbs.length - 1;
    for (let place = 0; place < 5 && (!isTop || value > 0); place++) {
      text = ALPHABET[value % 58]! + text;
      value = Math.floor(value / 58);
    }
  }
  return "1".repeat(zeros) + text;
}

/** The bytes of a base58 text; null for a character that is none of its digits. */
export function fromBase58(text: string): Uint8Array | null {
  let zeros = 0;
  while (zeros < text.length && text[zeros] === "1") zeros++;
  const bytes: number[] = [];
  for (let at = zeros; at < text.length; at++) {
    const code = text.charCodeAt(at);
    let carry = code < 128 ? DIGIT_OF[code]! : -1;
    if (carry < 0) return null;
    for (let place = 0; place < bytes.length; place++) {
      const value = bytes[place]! * 58 + carry;
      bytes[place] = value & 0xff;
      carry = value >> 8;
    }
    while (carry > 0) {
      bytes.push(carry & 0xff);
      carry >>= 8;
    }
  }
  const out = new Uint8Array(zeros + bytes.length);
  for (let place = 0; place < bytes.length; place++) out[out.length - 1 - place] = bytes[place]!;
  return out;
}

/** The bytes of a base58 text of exactly `length` bytes; null for any other text. */
export function fromBase58Sized(text: string, length: number): Uint8Array | null {
  // n bytes need at most ceil(n × 1.3658) digits: longer texts are not worth the quadratic work.
  if (text.length > length * 1.4 + 1) return null;
  const bytes = fromBase58(text);
  return bytes !== null && bytes.length === length ? bytes : null;
}
