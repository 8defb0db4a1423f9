/** Methods that send, simulate and look up transactions. */
import { fromBase58 } from "../base58.ts";
import { feeLamports } from "../fee.ts";
import type { Commitment, LocalChain } from "../local-chain.ts";
import type { Simulated } from "../svm.ts";
import { transactionErrorText } from "../transaction-error.ts";
import type { TransactionRecord } from "../transaction-store.ts";
import { MAX_TRANSACTION_BYTES, readMessage, readTransaction, type WireTransaction } from "../wire-transaction.ts";
import { decimalsAt } from "./account-methods.ts";
import { accountView, viewOptionsOf } from "./account-view.ts";
import { confirmedOrMore, seconds } from "./block-methods.ts";
import type { MethodTable } from "./method.ts";
import {
  addressOf,
  flagOf,
  inContext,
  isObject,
  type JsonObject,
  optionOf,
  type Params,
  readAt,
  signatureOf,
  wholeOf,
} from "./params.ts";
import { invalidParams, RpcError } from "./rpc-error.ts";
import { innerView, returnDataView, transactionOptionsOf, transactionView } from "./transaction-view.ts";

const MAX_STATUSES = 256;
const MAX_SIGNATURES = 1000;
/** Base64 of the largest transaction has 1,644 characters, base58 1,683. */
const MAX_ENCODED = { base64: 1644, base58: 1683 } as const;

export const transactionMethods: MethodTable = {
  sendTransaction({ chain }, params) {
    const config = params.config(1);
    const transaction = transactionOf(params, config, "base58");
    readAt(chain, { minContextSlot: config.minContextSlot, commitment: config.preflightCommitment });
    if (!flagOf(config.skipPreflight, "skipPreflight")) preflight(chain, transaction);
    // As on a cluster: what cannot land is dropped silently, what lands may still have failed.
    chain.submit(transaction);
    return transaction.signatures[0];
  },

  simulateTransaction({ chain }, params) {
    const config = params.config(1);
    const transaction = transactionOf(params, config, "base58");
    const { commitment, slot } = readAt(chain, config);
    const verifySignatures = flagOf(config.sigVerify, "sigVerify");
    const replaces = flagOf(config.replaceRecentBlockhash, "replaceRecentBlockhash");
    if (verifySignatures && replaces) throw invalidParams("sigVerify may not be used with replaceRecentBlockhash");
    const replacement = chain.latestBlockhash("processed");
    const result = chain.simulate(transaction, {
      verifySignatures,
      ...(replaces ? { blockhash: replacement.blockhash } : {}),
    });
    if (verifySignatures && result.error === "SignatureFailure") throw signatureFailure();
    return inContext(slot, {
      ...simulationView(result),
      accounts: simulatedAccounts(chain, commitment, result, config.accounts),
      ...(flagOf(config.innerInstructions, "innerInstructions") ? { innerInstructions: innerView(result, null) } : {}),
      ...(replaces ? { replacementBlockhash: replacement } : {}),
    });
  },

  getSignatureStatuses({ chain }, params) {
    const signatures = params.list(0, MAX_STATUSES).map(signatureOf);
    return inContext(
      chain.slotAt("processed"),
      signatures.map((signature) => {
        const record = chain.transaction(signature);
        return record === undefined ? null : statusView(chain, record);
      }),
    );
  },

  getTransaction({ chain }, params) {
    const signature = params.signature(0);
    const config = isObject(params.at(1)) ? params.config(1) : { encoding: params.at(1) };
    const commitment = confirmedOrMore(config.commitment);
    const record = chain.transaction(signature);
    if (record === undefined || record.height > chain.heightAt(commitment)) return null;
    return {
      slot: record.slot,
      blockTime: timeOf(chain, record),
      ...transactionView(record, transactionOptionsOf(config)),
    };
  },

  getSignaturesForAddress({ chain }, params) {
    const address = params.address(0);
    const config = params.config(1);
    const height = chain.heightAt(confirmedOrMore(config.commitment));
    const limit = wholeOf(config.limit, "limit") ?? MAX_SIGNATURES;
    if (limit < 1 || limit > MAX_SIGNATURES) throw invalidParams(`Invalid limit; max ${MAX_SIGNATURES}`);
    const before = config.before === undefined || config.before === null ? null : signatureOf(config.before);
    const until = config.until === undefined || config.until === null ? null : signatureOf(config.until);
    const known = chain.signaturesOf(address);
    const found: JsonObject[] = [];
    for (let at = (before === null ? known.length : known.indexOf(before)) - 1; at >= 0 && found.length < limit; at--) {
      const record = chain.transaction(known[at]!)!;
      if (known[at] === until) break;
      if (record.height <= height) found.push(listedSignature(chain, record));
    }
    return found;
  },

  getFeeForMessage({ chain }, params) {
    const { slot } = readAt(chain, params.config(1));
    const read = readMessage(decoded(params.text(0), "base64"));
    if (!read.ok)
      throw invalidParams(`failed to deserialize solana_message::versions::VersionedMessage: ${read.reason}`);
    const isKnown = chain.blocks.lastValidHeight(read.transaction.recentBlockhash) !== null;
    return inContext(slot, isKnown ? feeLamports(read.transaction) : null);
  },

  requestAirdrop({ chain }, params) {
    const result = chain.airdrop(params.address(0), BigInt(params.whole(1)));
    const error = result.landed ? result.record.outcome.error : result.error;
    if (error !== null || !result.landed)
      throw new RpcError("internalError", `airdrop failed: ${transactionErrorText(error ?? "")}`);
    return result.record.transaction.signatures[0];
  },

  getTransactionCount: ({ chain }) => chain.transactionCount,
  getRecentPrioritizationFees: () => [],
  getRecentPerformanceSamples: () => [],
};

function preflight(chain: LocalChain, transaction: WireTransaction): void {
  const result = chain.simulate(transaction, { verifySignatures: true });
  if (result.error === null) return;
  if (result.error === "SignatureFailure") throw signatureFailure();
  throw new RpcError("preflightFailure", `Transaction simulation failed: ${transactionErrorText(result.error)}`, {
    ...simulationView(result),
    accounts: null,
    innerInstructions: null,
  });
}

function signatureFailure(): RpcError {
  return new RpcError("signatureVerificationFailure", "Transaction signature verification failure");
}

function simulationView(result: Simulated): JsonObject {
  return {
    err: result.error,
    logs: result.logs,
    unitsConsumed: result.unitsConsumed,
    returnData: returnDataView(result),
  };
}

function simulatedAccounts(chain: LocalChain, commitment: Commitment, result: Simulated, wanted: unknown): unknown {
  if (wanted === undefined || wanted === null) return null;
  const addresses = isObject(wanted) ? wanted.addresses : undefined;
  if (!isObject(wanted) || !Array.isArray(addresses) || addresses.length > 64)
    throw invalidParams("Invalid params: accounts needs addresses.");
  if (result.error !== null) return addresses.map(() => null);
  const options = viewOptionsOf({ encoding: wanted.encoding ?? "base64" });
  return addresses.map((address) => {
    const image = result.after.get(addressOf(address)) ?? chain.account(addressOf(address));
    return image === null ? null : accountView(image, options, decimalsAt(chain, commitment));
  });
}

function statusView(chain: LocalChain, record: TransactionRecord): JsonObject {
  const { error } = record.outcome;
  const confirmationStatus = confirmationOf(chain, record);
  return {
    slot: record.slot,
    confirmations: confirmationStatus === "finalized" ? null : chain.blocks.open.height - record.height,
    status: error === null ? { Ok: null } : { Err: error },
    err: error,
    confirmationStatus,
  };
}

function confirmationOf(chain: LocalChain, { height }: TransactionRecord): Commitment {
  if (height <= chain.heightAt("finalized")) return "finalized";
  return height <= chain.heightAt("confirmed") ? "confirmed" : "processed";
}

function listedSignature(chain: LocalChain, record: TransactionRecord): JsonObject {
  return {
    signature: record.transaction.signatures[0],
    slot: record.slot,
    err: record.outcome.error,
    memo: null,
    blockTime: timeOf(chain, record),
    confirmationStatus: confirmationOf(chain, record),
  };
}

function timeOf(chain: LocalChain, { height }: TransactionRecord): number {
  return seconds(chain.blocks.atHeight(height) ?? chain.blocks.open);
}

function transactionOf(params: Params, config: JsonObject, defaultEncoding: "base58" | "base64"): WireTransaction {
  const encoding = optionOf(config.encoding, "encoding", ["base58", "base64"]) ?? defaultEncoding;
  const text = params.text(0);
  if (text.length > MAX_ENCODED[encoding])
    throw invalidParams(
      `${encoding} encoded solana_transaction::versioned::VersionedTransaction too large: ${text.length} bytes ` +
        `(max: encoded/raw ${MAX_ENCODED[encoding]}/${MAX_TRANSACTION_BYTES})`,
    );
  const bytes = decoded(text, encoding);
  if (bytes.length > MAX_TRANSACTION_BYTES)
    throw invalidParams(
      `decoded solana_transaction::versioned::VersionedTransaction too large: ${bytes.length} bytes (max: ${MAX_TRANSACTION_BYTES} bytes)`,
    );
  const read = readTransaction(bytes);
  if (read.ok) return read.transaction;
  throw invalidParams(`failed to deserialize solana_transaction::versioned::VersionedTransaction: ${read.reason}`);
}

function decoded(text: string, encoding: "base58" | "base64"): Uint8Array {
  if (encoding === "base58") {
    const bytes = fromBase58(text);
    if (bytes === null) throw invalidParams("invalid base58 encoding: invalid character");
    return bytes;
  }
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw invalidParams("invalid base64 encoding");
  return new Uint8Array(Buffer.from(text, "base64"));
}
