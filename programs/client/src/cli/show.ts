/** Accounts as JSON and as lines: addresses in base58, hashes in hex, 64-bit numbers as text. */
import { PublicKey } from "@solana/web3.js";

/** The value with everything JSON cannot hold written as text. */
export function plain(value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof PublicKey) return value.toBase58();
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field)]));
}

/** One line a field, nested names joined by dots; a variant without fields is its name. */
export function fieldLines(value: unknown, prefix = ""): string {
  if (typeof value !== "object" || value === null) return `${prefix}: ${String(value)}\n`;
  const [variant, ...others] = Object.entries(value);
  if (variant !== undefined && others.length === 0 && isEmpty(variant[1])) return `${prefix}: ${variant[0]}\n`;
  return Object.entries(value)
    .map(([name, field]) => fieldLines(field, prefix === "" ? name : `${prefix}.${name}`))
    .join("");
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;
}

/** Base units as decimal text. */
export function tokenText(atoms: bigint, decimals = 8): string {
  const digits = atoms.toString().padStart(decimals + 1, "0");
  return `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}
