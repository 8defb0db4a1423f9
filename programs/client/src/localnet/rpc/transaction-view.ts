/** Transactions as RPC answers show them: encoded or as JSON, with what their execution left behind. */
import { base58 } from "../base58.ts";
import type { InnerInstruction, Outcome } from "../svm.ts";
import { type TokenBalance, uiTokenAmount } from "../token-account.ts";
import type { TransactionRecord } from "../transaction-store.ts";
import { isWritable, type WireTransaction } from "../wire-transaction.ts";
import { type JsonObject, optionOf, wholeOf } from "./params.ts";
import { RpcError } from "./rpc-error.ts";

const ENCODINGS = ["json", "jsonParsed", "base58", "base64"] as const;
export type TransactionEncoding = (typeof ENCODINGS)[number];

export interface TransactionViewOptions {
  readonly encoding: TransactionEncoding;
  readonly maxVersion: number | undefined;
}

export function transactionOptionsOf(config: JsonObject): TransactionViewOptions {
  return {
    encoding: optionOf(config.encoding, "encoding", ENCODINGS) ?? "json",
    maxVersion: wholeOf(config.maxSupportedTransactionVersion, "maxSupportedTransactionVersion"),
  };
}

/** `transaction`, `meta` and, for clients that know versions, `version`. */
export function transactionView(
  record: TransactionRecord,
  { encoding, maxVersion }: TransactionViewOptions,
): JsonObject {
  const { version } = record.transaction;
  if (maxVersion === undefined && version !== "legacy")
    throw new RpcError(
      "unsupportedTransactionVersion",
      `Transaction version (${version}) is not supported by the requesting client. Please try the request again with the ` +
        `following configuration parameter: "maxSupportedTransactionVersion": ${version}`,
    );
  return {
    transaction: encodedTransaction(record, encoding),
    meta: metaView(record, encoding),
    ...(maxVersion === undefined ? {} : { version }),
  };
}

function encodedTransaction(
  { transaction, keys, loadedWritable }: TransactionRecord,
  encoding: TransactionEncoding,
): unknown {
  switch (encoding) {
    case "base58":
      return [base58(transaction.bytes), "base58"];
    case "base64":
      return [Buffer.from(transaction.bytes).toString("base64"), "base64"];
    case "json":
      return { signatures: transaction.signatures, message: jsonMessage(transaction) };
    case "jsonParsed":
      return { signatures: transaction.signatures, message: parsedMessage(transaction, keys, loadedWritable.length) };
  }
}

function jsonMessage(transaction: WireTransaction): JsonObject {
  const { requiredSignatures, readonlySigned, readonlyUnsigned, staticKeys, recentBlockhash, instructions } =
    transaction;
  return {
    accountKeys: staticKeys,
    header: {
      numRequiredSignatures: requiredSignatures,
      numReadonlySignedAccounts: readonlySigned,
      numReadonlyUnsignedAccounts: readonlyUnsigned,
    },
    recentBlockhash,
    instructions: instructions.map(({ programIndex, accounts, data }) => ({
      programIdIndex: programIndex,
      accounts: [...accounts],
      data: base58(data),
      stackHeight: 1,
    })),
    ...(transaction.version === "legacy" ? {} : { addressTableLookups: lookupsView(transaction) }),
  };
}

/** Instructions stay partially decoded: no program is parsed here. */
function parsedMessage(transaction: WireTransaction, keys: readonly string[], loadedWritable: number): JsonObject {
  const statics = transaction.staticKeys.length;
  return {
    accountKeys: keys.map((pubkey, index) => ({
      pubkey,
      signer: index < transaction.requiredSignatures,
      writable: index < statics ? isWritable(transaction, index) : index < statics + loadedWritable,
      source: index < statics ? "transaction" : "lookupTable",
    })),
    recentBlockhash: transaction.recentBlockhash,
    instructions: transaction.instructions.map((instruction) => partlyDecoded(instruction, keys, 1)),
    ...(transaction.version === "legacy" ? {} : { addressTableLookups: lookupsView(transaction) }),
  };
}

function partlyDecoded(
  {
    programIndex,
    accounts,
    data,
  }: { readonly programIndex: number; readonly accounts: Uint8Array; readonly data: Uint8Array },
  keys: readonly string[],
  stackHeight: number,
): JsonObject {
  return {
    programId: keys[programIndex],
    accounts: [...accounts].map((index) => keys[index]),
    data: base58(data),
    stackHeight,
  };
}

function lookupsView({ lookups }: WireTransaction): readonly JsonObject[] {
  return lookups.map(({ table, writable, readonly }) => ({
    accountKey: table,
    writableIndexes: [...writable],
    readonlyIndexes: [...readonly],
  }));
}

function metaView(record: TransactionRecord, encoding: TransactionEncoding): JsonObject {
  const { outcome } = record;
  return {
    err: outcome.error,
    status: outcome.error === null ? { Ok: null } : { Err: outcome.error },
    fee: record.feeLamports,
    preBalances: record.preLamports,
    postBalances: record.postLamports,
    preTokenBalances: record.preTokens.map(tokenBalanceView),
    postTokenBalances: record.postTokens.map(tokenBalanceView),
    logMessages: outcome.logs,
    innerInstructions: innerView(outcome, encoding === "jsonParsed" ? record.keys : null),
    loadedAddresses: { writable: record.loadedWritable, readonly: record.loadedReadonly },
    computeUnitsConsumed: outcome.unitsConsumed,
    rewards: [],
    ...(outcome.returnData === null ? {} : { returnData: returnDataView(outcome) }),
  };
}

function tokenBalanceView({ accountIndex, mint, owner, program, amount, decimals }: TokenBalance): JsonObject {
  return { accountIndex, mint, owner, programId: program, uiTokenAmount: uiTokenAmount(amount, decimals) };
}

/** Inner instructions by outer one, those without left out; with keys, indexes become addresses. */
export function innerView({ inner }: Outcome, keys: readonly string[] | null): readonly JsonObject[] {
  return inner.flatMap((group, index) =>
    group.length === 0
      ? []
      : [{ index, instructions: group.map((instruction) => innerInstruction(instruction, keys)) }],
  );
}

function innerInstruction(instruction: InnerInstruction, keys: readonly string[] | null): JsonObject {
  if (keys !== null) return partlyDecoded(instruction, keys, instruction.stackHeight);
  const { programIndex, accounts, data, stackHeight } = instruction;
  return { programIdIndex: programIndex, accounts: [...accounts], data: base58(data), stackHeight };
}

export function returnDataView({ returnData }: Outcome): JsonObject | null {
  if (returnData === null) return null;
  return { programId: returnData.program, data: [Buffer.from(returnData.data).toString("base64"), "base64"] };
}

/** A block's transaction with `transactionDetails: "accounts"`: which accounts, and what it did to their balances. */
export function accountsView(record: TransactionRecord, options: TransactionViewOptions): JsonObject {
  const { version, meta } = transactionView(record, options);
  const { accountKeys } = parsedMessage(record.transaction, record.keys, record.loadedWritable.length);
  return {
    transaction: { signatures: record.transaction.signatures, accountKeys },
    meta,
    ...(version === undefined ? {} : { version }),
  };
}
