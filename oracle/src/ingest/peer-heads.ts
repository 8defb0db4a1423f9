/**
 * Where a device's chain stands by what the network's other ingests say: for a device that comes from one of them and does not follow
 * what this one knows. Their heads are signed, and told as late as ours; what a peer does not answer in time does not count.
 */
import { apiPath, type ChainHead, importKey, keyToText, verifyChainHead } from "@earshot/poc/protocol";
import type { PeerIngest } from "../service/peers.ts";

/** A device waits for this, ms. */
const TIMEOUT_MS = 1000;

export class PeerHeads {
  readonly #peers: readonly PeerIngest[];
  readonly #network: number;
  #failures = 0;

  constructor(peers: readonly PeerIngest[], network: number) {
    this.#peers = peers;
    this.#network = network;
  }

  /** Questions without a usable answer. */
  get failures(): number {
    return this.#failures;
  }

  /** The furthest head any of them tells; undefined where none tells one. */
  async headOf(deviceKey: Uint8Array): Promise<ChainHead | undefined> {
    const told = await Promise.all(this.#peers.map((peer) => this.#ask(peer, deviceKey)));
    return told.reduce(
      (furthest, head) => ((head?.sequence ?? 0) > (furthest?.sequence ?? 0) ? head : furthest),
      undefined,
    );
  }

  async #ask({ url, ingestKey }: PeerIngest, deviceKey: Uint8Array): Promise<ChainHead | undefined> {
    try {
      const path = apiPath("getChainHead", { key: keyToText(deviceKey) });
      const answer = await fetch(new URL(path, url), { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: "error" });
      const { head } = (await answer.json()) as { readonly head?: unknown };
      const opened = verifyChainHead(Buffer.from(String(head), "base64"), importKey(ingestKey), this.#network);
      if (opened.status === "ok" && Buffer.compare(opened.head.deviceKey, deviceKey) === 0) return opened.head;
    } catch {
      // A peer that is away is no reason to refuse a device: it is only not known to be further on.
    }
    this.#failures++;
    return undefined;
  }
}
