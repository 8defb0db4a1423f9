/**
 * The oracles whose signature this agent believes, and what they sign.
 *
 * A statement names its signer; it is looked up among the configured keys before the signature is checked. An address is not
 * tied to a key: behind one address may be several ingests.
 */
import {
  type EntropyRecord,
  importKey,
  keyFromText,
  type SignedChainHead,
  statementKey,
  type UploadReceipt,
  type VerifyKey,
  verifyChainHead,
  verifyEntropy,
  verifyLogHead,
  verifyReceipt,
} from "@earshot/poc/protocol";
import { agentError } from "../errors.ts";

export class TrustedSigners {
  readonly network: number;
  readonly #keys = new Map<string, VerifyKey>();

  /** `keyTexts` in the text form of keys. Throws AGT_BAD_ORACLE if one is not. */
  constructor(network: number, keyTexts: readonly string[]) {
    this.network = network;
    for (const text of keyTexts) {
      try {
        const key = importKey(keyFromText(text));
        this.#keys.set(key.key.toHex(), key);
      } catch (cause) {
        throw agentError("AGT_BAD_ORACLE", `signer ${JSON.stringify(text)}: not a key`, { cause });
      }
    }
  }

  /** The key of a signer in text form, if it is trusted: for signed JSON. */
  keyNamed(text: string): VerifyKey | undefined {
    try {
      return this.#keys.get(keyFromText(text).toHex());
    } catch {
      return undefined;
    }
  }

  /** A receipt of a trusted ingest, or undefined for anything else. `signer` tells ingests apart. */
  receipt(bytes: Uint8Array): { readonly receipt: UploadReceipt; readonly signer: string } | undefined {
    const opened = verifyReceipt(bytes, this.#keyOf(bytes), this.network);
    return opened.status === "ok" ? { receipt: opened.receipt, signer: signerOf(bytes) } : undefined;
  }

  chainHead(bytes: Uint8Array): SignedChainHead | undefined {
    const opened = verifyChainHead(bytes, this.#keyOf(bytes), this.network);
    return opened.status === "ok" ? opened.head : undefined;
  }

  /** When a trusted ingest signed the head of its log, ms. */
  logHeadTime(bytes: Uint8Array): number | undefined {
    const opened = verifyLogHead(bytes, this.#keyOf(bytes), this.network);
    return opened.status === "ok" ? opened.head.issuedMs : undefined;
  }

  entropy(bytes: Uint8Array, entropyMs: number): EntropyRecord | undefined {
    const opened = verifyEntropy(bytes, this.#keyOf(bytes), this.network, entropyMs);
    return opened.status === "ok" ? opened.record : undefined;
  }

  #keyOf(bytes: Uint8Array): VerifyKey | undefined {
    const key = statementKey(bytes);
    return key === undefined ? undefined : this.#keys.get(key.toHex());
  }
}

function signerOf(bytes: Uint8Array): string {
  return (statementKey(bytes) as Uint8Array).toHex();
}
