/**
 * A chain as bytes: magic, u32 length (LE) of the JSON that follows, JSON of the chain's state, LiteSVM's accounts, SHA-256 of it all.
 *
 * In the JSON a bigint is `{"$n":"…"}` and bytes are `{"$b":"base64"}`. Damaged or foreign bytes are refused before LiteSVM sees them.
 */
import { createHash } from "node:crypto";
import { ClientError } from "../errors.ts";
import { type ChainState, LocalChain } from "./local-chain.ts";

const MAGIC = new TextEncoder().encode("EARSHOT-LOCALNET-1\n");
const DIGEST_BYTES = 32;

/** Everything needed to go on from here. */
export function encodeSnapshot(chain: LocalChain): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(tagged(chain.state())));
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, json.length, true);
  const body = Buffer.concat([MAGIC, length, json, chain.accounts()]);
  return Buffer.concat([body, digestOf(body)]);
}

/** The chain that was encoded. Throws PRG_BAD_SNAPSHOT. */
export function decodeSnapshot(bytes: Uint8Array): LocalChain {
  const jsonAt = MAGIC.length + 4;
  if (bytes.length < jsonAt + DIGEST_BYTES || Buffer.compare(bytes.subarray(0, MAGIC.length), MAGIC) !== 0)
    throw new ClientError("PRG_BAD_SNAPSHOT", "not a snapshot of this version of the local chain");
  const body = bytes.subarray(0, bytes.length - DIGEST_BYTES);
  if (Buffer.compare(bytes.subarray(body.length), digestOf(body)) !== 0)
    throw new ClientError("PRG_BAD_SNAPSHOT", "the snapshot is damaged: its checksum does not match");
  const jsonLength = new DataView(body.buffer, body.byteOffset).getUint32(MAGIC.length, true);
  const json = new TextDecoder().decode(body.subarray(jsonAt, jsonAt + jsonLength));
  return LocalChain.restore(untagged(JSON.parse(json)) as ChainState, body.slice(jsonAt + jsonLength));
}

function digestOf(bytes: Uint8Array): Uint8Array {
  return createHash("sha256").update(bytes).digest();
}

function tagged(value: unknown): unknown {
  if (typeof value === "bigint") return { $n: value.toString() };
  if (value instanceof Uint8Array) return { $b: Buffer.from(value).toString("base64") };
  if (Array.isArray(value)) return value.map(tagged);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, tagged(field)]));
}

function untagged(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(untagged);
  if (typeof value !== "object" || value === null) return value;
  if ("$n" in value && typeof value.$n === "string") return BigInt(value.$n);
  if ("$b" in value && typeof value.$b === "string") return new Uint8Array(Buffer.from(value.$b, "base64"));
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, untagged(field)]));
}
