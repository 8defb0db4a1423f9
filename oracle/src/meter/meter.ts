/**
 * A payer's meter: confirms, under the route's key, the copies its network server accepted (DESIGN, metering).
 *
 *   broker ──► written down ──► match delivered with accepted ──► journal (synced) ──► sealed uploads ──► an ingest's receipt
 *
 * A message is written down before the broker hears that it was taken, so a meter that is killed goes on where it was; what was published
 * meanwhile with QoS 1 its broker has kept.
 *
 * It runs at the payer's, beside ChirpStack, and needs no right but to read two topics. What it does not confirm within the time for
 * bills is contested when hotspots of two owners hold it, so a meter that stops costs its payer the route and not the money.
 */
import type { DeviceSigner, PacketConfirmation } from "@earshot/poc/protocol";
import { SYSTEM_CLOCK, sleep } from "../service/clock.ts";
import type { Log } from "../service/log.ts";
import { type BrokerOptions, followBroker } from "./broker-feed.ts";
import { ConfirmationJournal } from "./confirmation-journal.ts";
import { type Ingest, sendConfirmations } from "./confirmation-sender.ts";
import { type ConfirmedCopy, CopyMatcher, type UnconfirmedReason } from "./copy-matcher.ts";
import { SeenMessages } from "./seen-messages.ts";
import { readAccepted, readDelivered, topicKind } from "./server-messages.ts";
import { UnknownGateways } from "./unknown-gateways.ts";

export interface MeterOptions {
  readonly broker: Omit<BrokerOptions, "log">;
  readonly ingests: readonly Ingest[];
  readonly network: number;
  readonly signer: DeviceSigner;
  readonly stateFolder: string;
  readonly maxCopies: (devAddr: number) => number;
  /** Key of the hotspot with this gatewayId, 33 bytes; undefined for a gateway that is no hotspot of the network. */
  readonly hotspotKey: (gatewayId: string) => Uint8Array | undefined;
  readonly log: Log;
  /** Milliseconds of a clock that does not step. */
  readonly steadyMs: () => number;
  /** From a confirmation to its upload, ms. */
  readonly flushMs: number;
}

/** What it has done since it started. */
export interface MeterStatus {
  isConnected: boolean;
  delivered: number;
  accepted: number;
  confirmed: number;
  unreadable: number;
  /** Accepted through gateways that are no hotspots of the network by now: the payer's own, say. */
  foreignGateways: number;
  uploads: number;
  readonly unconfirmed: Partial<Record<UnconfirmedReason, number>>;
}

/** How long delivered and accepted wait for each other: ChirpStack collects copies for 200 ms. */
const MATCH_WAIT_MS = 300_000;
const MAX_WAITING = 200_000;
/** Copies of gateways that may yet turn out to be hotspots. */
const MAX_UNKNOWN = 50_000;
/** Of messages kept for a meter that is killed, in each of two files. */
const MAX_SEEN_BYTES = 64 * 1024 * 1024;
const SEND_TIMEOUT_MS = 10_000;
/** Confirmations are written together this often, ms: one sync each. */
const WRITE_MS = 200;

export class Meter {
  readonly status: MeterStatus;
  readonly #options: MeterOptions;
  readonly #matcher: CopyMatcher;
  readonly #journal: ConfirmationJournal;
  readonly #seen: SeenMessages;
  readonly #unknown = new UnknownGateways({ keepMs: MATCH_WAIT_MS, most: MAX_UNKNOWN });
  /** While messages of the meter before are read: what it confirmed of them. */
  #confirmedBefore: ReadonlySet<string> | undefined;
  #unwritten: PacketConfirmation[] = [];

  /** Opens its state. Throws as ConfirmationJournal. */
  constructor(options: MeterOptions) {
    const { stateFolder, network, signer, maxCopies } = options;
    this.#options = options;
    this.#journal = new ConfirmationJournal(stateFolder, network, signer);
    this.#seen = new SeenMessages(stateFolder, { keepMs: MATCH_WAIT_MS, maxBytes: MAX_SEEN_BYTES });
    this.status = {
      isConnected: false,
      delivered: 0,
      accepted: 0,
      confirmed: 0,
      unreadable: 0,
      foreignGateways: 0,
      uploads: 0,
      unconfirmed: {},
    };
    this.#matcher = new CopyMatcher({
      maxCopies,
      onConfirmed: (copy) => this.#confirmed(copy),
      onUnconfirmed: (reason) => {
        this.status.unconfirmed[reason] = (this.status.unconfirmed[reason] ?? 0) + 1;
      },
      waitMs: MATCH_WAIT_MS,
      maxWaiting: MAX_WAITING,
    });
    this.#readAgain();
  }

  /** Confirmations that are in no log yet. */
  get waiting(): number {
    return this.#unwritten.length + this.#journal.waiting + (this.#journal.outstanding === null ? 0 : 1);
  }

  /** Runs until `stop`, then writes what it has and lets go of its files. */
  async run(stop: AbortSignal): Promise<void> {
    const { broker, log, flushMs } = this.#options;
    const writing = setInterval(() => this.#write(), WRITE_MS);
    try {
      await Promise.all([
        followBroker(
          { ...broker, log },
          (topic, payload) => this.take(topic, payload),
          (isConnected) => {
            this.status.isConnected = isConnected;
          },
          stop,
        ),
        this.#sendUntil(stop, flushMs),
      ]);
    } finally {
      clearInterval(writing);
      this.#write();
      this.#journal.close();
      this.#seen.close();
    }
  }

  /** One message of the broker. */
  take(topic: string, payload: Uint8Array): void {
    const kind = topicKind(topic);
    const nowMs = this.#options.steadyMs();
    const delivered = kind === "delivered" ? readDelivered(payload) : null;
    const accepted = kind === "accepted" ? readAccepted(payload) : null;
    if (kind === null || (delivered === null && accepted === null)) {
      this.status.unreadable++;
      this.#options.log.complain(`unreadable ${kind}`, "a message of the broker cannot be read", { kind });
      return;
    }
    this.#note(kind, payload, nowMs);
    if (delivered !== null) {
      this.status.delivered++;
      this.#matcher.delivered(delivered, nowMs);
    } else if (accepted !== null) {
      this.status.accepted++;
      this.#matcher.accepted(accepted, nowMs);
    }
  }

  /** Without it the message is in memory alone. */
  #note(kind: "delivered" | "accepted", payload: Uint8Array, nowMs: number): void {
    try {
      this.#seen.add({ kind, payload }, nowMs);
    } catch (error) {
      this.#options.log.complain("seen", "messages cannot be written", { error: String(error) });
    }
  }

  /** Goes on from the messages that the meter before had taken. */
  #readAgain(): void {
    this.#confirmedBefore = new Set([...this.#journal.recent()].map(nameOf));
    const nowMs = this.#options.steadyMs();
    for (const { kind, payload } of this.#seen.read()) {
      const delivered = kind === "delivered" ? readDelivered(payload) : null;
      const accepted = kind === "accepted" ? readAccepted(payload) : null;
      if (delivered !== null) this.#matcher.delivered(delivered, nowMs);
      if (accepted !== null) this.#matcher.accepted(accepted, nowMs);
    }
    this.#confirmedBefore = undefined;
  }

  #confirmed(copy: ConfirmedCopy): void {
    const { gatewayId, packetHash, phyBytes } = copy;
    const hotspotKey = this.#options.hotspotKey(gatewayId);
    if (hotspotKey === undefined) {
      this.status.foreignGateways++;
      this.#unknown.add(copy, this.#options.steadyMs());
      return;
    }
    const confirmation = { packetHash, hotspotKey, phyBytes };
    if (this.#confirmedBefore?.has(nameOf(confirmation)) === true) return;
    this.status.confirmed++;
    this.#unwritten.push(confirmation);
  }

  /** Into the journal; what the disk does not take now stays for the next time. */
  #write(): void {
    const { steadyMs, hotspotKey } = this.#options;
    this.#matcher.expire(steadyMs());
    for (const copy of this.#unknown.take((gatewayId) => hotspotKey(gatewayId) !== undefined, steadyMs())) {
      this.status.foreignGateways--;
      this.#confirmed(copy);
    }
    if (this.#unwritten.length === 0) return;
    try {
      this.#journal.add(this.#unwritten);
      this.#unwritten = [];
    } catch (error) {
      this.#options.log.complain("journal", "confirmations cannot be written", { error: String(error) });
    }
  }

  async #sendUntil(stop: AbortSignal, everyMs: number): Promise<void> {
    const { ingests, network, log } = this.#options;
    while (!stop.aborted) {
      const options = { journal: this.#journal, ingests, network, log, timeoutMs: SEND_TIMEOUT_MS };
      const outcome = await sendConfirmations(options, stop).catch((error: unknown) => {
        log.complain("send", "the meter's upload cannot be sealed", { error: String(error) });
        return "later";
      });
      if (outcome === "taken") this.status.uploads++;
      await sleep(SYSTEM_CLOCK, everyMs, stop);
    }
  }
}

function nameOf({ packetHash, hotspotKey }: PacketConfirmation): string {
  return `${packetHash.toHex()} ${hotspotKey.toHex()}`;
}
