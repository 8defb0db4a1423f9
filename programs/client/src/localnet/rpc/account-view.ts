/** Accounts as RPC answers show them: encodings, slices and filters. */
import { zstdCompressSync } from "node:zlib";
import { base58, fromBase58 } from "../base58.ts";
import type { AccountImage } from "../svm.ts";
import { readTokenAccount } from "../token-account.ts";
import { isObject, type JsonObject, optionOf, wholeOf } from "./params.ts";
import { parsedAccount } from "./parsed-account.ts";
import { invalidParams, RpcError } from "./rpc-error.ts";

const ENCODINGS = ["binary", "base58", "base64", "base64+zstd", "jsonParsed"] as const;
export type AccountEncoding = (typeof ENCODINGS)[number];

export interface AccountViewOptions {
  readonly encoding: AccountEncoding;
  readonly slice: { readonly offset: number; readonly length: number } | null;
}

export type AccountFilter = (image: AccountImage) => boolean;

/** Base58 is quadratic: Solana refuses it for more bytes than this. */
const MAX_BASE58_BYTES = 128;
const MAX_FILTERS = 4;

export function viewOptionsOf(config: JsonObject): AccountViewOptions {
  const encoding = optionOf(config.encoding, "encoding", ENCODINGS) ?? "binary";
  const slice = config.dataSlice;
  if (slice === undefined || slice === null) return { encoding, slice: null };
  const offset = isObject(slice) ? wholeOf(slice.offset, "dataSlice.offset") : undefined;
  const length = isObject(slice) ? wholeOf(slice.length, "dataSlice.length") : undefined;
  if (offset === undefined || length === undefined)
    throw invalidParams("Invalid params: dataSlice needs offset and length.");
  return { encoding, slice: { offset, length } };
}

/** One account; `mintDecimals` answers for the mint of a parsed token account. */
export function accountView(
  image: AccountImage,
  { encoding, slice }: AccountViewOptions,
  mintDecimals: (mint: string) => number | null,
): JsonObject {
  const parsed = encoding === "jsonParsed" ? parsedAccount(image, mintDecimals) : null;
  return {
    lamports: image.lamports,
    owner: image.owner,
    executable: image.executable,
    rentEpoch: image.rentEpoch,
    space: image.data.length,
    data: parsed ?? encodedData(slice === null ? image.data : slicedData(image.data, slice), encoding),
  };
}

function slicedData(
  data: Uint8Array,
  { offset, length }: { readonly offset: number; readonly length: number },
): Uint8Array {
  return data.subarray(Math.min(offset, data.length), Math.min(offset + length, data.length));
}

function encodedData(data: Uint8Array, encoding: AccountEncoding): unknown {
  switch (encoding) {
    case "binary":
      return shortBase58(data);
    case "base58":
      return [shortBase58(data), "base58"];
    case "base64+zstd":
      return [zstdCompressSync(data).toString("base64"), "base64+zstd"];
    default:
      return [Buffer.from(data).toString("base64"), "base64"];
  }
}

function shortBase58(data: Uint8Array): string {
  if (data.length > MAX_BASE58_BYTES)
    throw new RpcError(
      "invalidRequest",
      `Encoded binary (base 58) data should be less than ${MAX_BASE58_BYTES} bytes, please use Base64 encoding.`,
    );
  return base58(data);
}

/** The filters of getProgramAccounts: an account is shown when it passes all. */
export function filtersOf(value: unknown): readonly AccountFilter[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw invalidParams("Invalid params: filters is not an array.");
  if (value.length > MAX_FILTERS) throw invalidParams(`Too many filters provided; max ${MAX_FILTERS}`);
  return value.map(filterOf);
}

function filterOf(filter: unknown): AccountFilter {
  if (filter === "tokenAccountState") return (image) => readTokenAccount(image) !== null;
  if (!isObject(filter)) throw invalidParams("Invalid params: a filter is an object.");
  const size = wholeOf(filter.dataSize, "dataSize");
  if (size !== undefined) return ({ data }) => data.length === size;
  const { memcmp } = filter;
  const offset = isObject(memcmp) ? wholeOf(memcmp.offset, "memcmp.offset") : undefined;
  if (!isObject(memcmp) || offset === undefined) throw invalidParams("Invalid params: unknown filter.");
  const bytes = memcmpBytes(memcmp);
  if (bytes.length > MAX_BASE58_BYTES)
    throw invalidParams("Invalid param: memcmp.bytes: encoded binary data should be less than 128 bytes");
  return ({ data }) =>
    offset + bytes.length <= data.length && Buffer.compare(data.subarray(offset, offset + bytes.length), bytes) === 0;
}

function memcmpBytes({ bytes, encoding }: JsonObject): Uint8Array {
  if (
    Array.isArray(bytes) &&
    bytes.length <= MAX_BASE58_BYTES &&
    bytes.every((byte) => (wholeOf(byte, "byte") ?? 256) < 256)
  )
    return Uint8Array.from(bytes);
  if (typeof bytes !== "string" || bytes.length > 2 * MAX_BASE58_BYTES)
    throw invalidParams("Invalid params: memcmp.bytes is no short text.");
  if (optionOf(encoding, "memcmp.encoding", ["base58", "base64"]) === "base64") return Buffer.from(bytes, "base64");
  const decoded = fromBase58(bytes);
  if (decoded === null) throw invalidParams("Invalid param: memcmp.bytes is not base58");
  return decoded;
}
