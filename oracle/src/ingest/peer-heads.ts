/**
 * Where a device's chain stands by what the network's other ingests say: for a device that comes from one of them and does not follow
 * what this one knows. Their heads are signed, and told as late as ours; what a peer does not answer in time does not count.
 *
 * Nor does a head whose upload a peer may have received later than our clock is: what follows an upload must not be received before it. At the
 * end of an epoch the one would stand in the next epoch and the other in this one, which leaves a chain that is past the first. The
 * device brings us what we lack, or waits until our clock is there.
 */
import { apiPath, type ChainHead, importKey, keyToText, verifyChainHead } from "@earshot/poc/protocol";
import { boundedBody } from "../service/bounded-body.ts";
import type { PeerIngest } from "../service/peers.ts";

/** A device waits for this, ms. */
const TIMEOUT_MS = 1000;
/** A head has some hundred bytes. */
const MAX_ANSWER_BYTES = 16 * 1024;

export interface PeerHeadsOptions {
  readonly network: number;
  /** How long after it was received an upload is told of by every ingest of the network, ms. */
  readonly withholdMs: number;
}

export class PeerHeads {
  readonly #peers: readonly PeerIngest[];
  readonly #options: PeerHeadsOptions;
  /** Heads that could not be followed yet, by peer and device, as they were first told: one a device of the registry and peer at most. */
  readonly #early = new Map<string, ChainHead & { readonly issuedMs: number }>();
  #failures = 0;

  constructor(peers: readonly PeerIngest[], options: PeerHeadsOptions) {
    this.#peers = peers;
    this.#options = options;
  }

  /** Questions without a usable answer. */
  get failures(): number {
    return this.#failures;
  }

  /** The furthest head any of them tells that an upload of `receiveMs` may follow; undefined where none tells one. */
  async headOf(deviceKey: Uint8Array, receiveMs: number): Promise<ChainHead | undefined> {
    const told = await Promise.all(this.#peers.map((peer) => this.#ask(peer, deviceKey, receiveMs)));
    return told.reduce(
      (furthest, head) => ((head?.sequence ?? 0) > (furthest?.sequence ?? 0) ? head : furthest),
      undefined,
    );
  }

  async #ask({ url, ingestKey }: PeerIngest, deviceKey: Uint8Array, receiveMs: number): Promise<ChainHead | undefined> {
    const { network, withholdMs } = this.#options;
    try {
      const key = keyToText(deviceKey);
      const path = apiPath("getChainHead", { key });
      const answer = await fetch(new URL(path, url), { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: "error" });
      const bytes = await boundedBody(answer, MAX_ANSWER_BYTES);
      const told = JSON.parse(new TextDecoder().decode(bytes)) as { readonly head?: unknown };
      const opened = verifyChainHead(Buffer.from(String(told.head), "base64"), importKey(ingestKey), network);
      if (opened.status === "ok" && Buffer.compare(opened.head.deviceKey, deviceKey) === 0) {
        const head = this.#firstTold(`${url} ${key}`, opened.head);
        // What it stands for was received no later than this.
        if (head.issuedMs - withholdMs > receiveMs) return undefined;
        this.#early.delete(`${url} ${key}`);
        return head;
      }
    } catch {
      // A peer that is away is no reason to refuse a device: it is only not known to be further on.
    }
    this.#failures++;
    return undefined;
  }

  /** The head as the peer told it first: the same one told again is no younger for that. */
  #firstTold(name: string, head: ChainHead & { readonly issuedMs: number }) {
    const known = this.#early.get(name);
    if (known?.sequence === head.sequence && Buffer.compare(known.id, head.id) === 0) return known;
    this.#early.set(name, head);
    return head;
  }
}
