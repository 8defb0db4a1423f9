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
  keyToText,
  type LogHead,
  type SignedChainHead,
  type StatementRefusal,
  statementKey,
  type UploadReceipt,
  type VerifyKey,
  verifyChainHead,
  verifyEntropy,
  verifyLogHead,
  verifyReceipt,
} from "@earshot/poc/protocol";
import { agentError } from "../errors.ts";

/** A statement that is not believed, and why, for a person. */
export interface Doubt {
  readonly status: "doubt";
  readonly reason: string;
}

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

  /** A receipt of a trusted ingest. `signer` tells ingests apart. */
  receipt(
    bytes: Uint8Array,
  ): { readonly status: "ok"; readonly receipt: UploadReceipt; readonly signer: string } | Doubt {
    const opened = verifyReceipt(bytes, this.#keyOf(bytes), this.network);
    return opened.status === "ok" ? { ...opened, signer: signerOf(bytes) } : doubt(bytes, opened);
  }

  chainHead(bytes: Uint8Array): { readonly status: "ok"; readonly head: SignedChainHead } | Doubt {
    const opened = verifyChainHead(bytes, this.#keyOf(bytes), this.network);
    return opened.status === "ok" ? opened : doubt(bytes, opened);
  }

  /** The head of a trusted ingest's log. */
  logHead(bytes: Uint8Array): { readonly status: "ok"; readonly head: LogHead } | Doubt {
    const opened = verifyLogHead(bytes, this.#keyOf(bytes), this.network);
    return opened.status === "ok" ? opened : doubt(bytes, opened);
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

function doubt(bytes: Uint8Array, { code, expected, got }: StatementRefusal): Doubt {
  if (code === "unknown_key") {
    return {
      status: "doubt",
      reason: `it signs with the key ${signerText(bytes)}, which oracle.signers does not list`,
    };
  }
  if (code === "wrong_network") {
    return { status: "doubt", reason: `it serves network ${got}; oracle.network is ${expected}` };
  }
  return { status: "doubt", reason: `what it signed is not valid (${code})` };
}

/** The key that a statement names, in text form, whether it is a sound one or not. */
function signerText(bytes: Uint8Array): string {
  const key = statementKey(bytes) as Uint8Array;
  try {
    return keyToText(key);
  } catch {
    return key.toHex();
  }
}

function signerOf(bytes: Uint8Array): string {
  return (statementKey(bytes) as Uint8Array).toHex();
}
