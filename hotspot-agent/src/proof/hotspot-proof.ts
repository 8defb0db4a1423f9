/**
 * Proof of coverage of one hotspot: its beaconer, witness, receipts and uploader, with one folder of state.
 */
import { join } from "node:path";
import type { Clock } from "../clock.ts";
import type { HotspotIdentity } from "../keyring.ts";
import type { Log } from "../log.ts";
import type { DownlinkAck, DownlinkCommand, GatewayEui, UplinkPacket } from "../messages.ts";
import type { Telemetry } from "../telemetry.ts";
import type { RadioSetup } from "./beacon-plan.ts";
import { Beaconer } from "./beaconer.ts";
import type { ChallengeSource } from "./challenge-source.ts";
import type { NetworkClock } from "./network-clock.ts";
import type { OracleClient } from "./oracle-client.ts";
import { PacketReceipts } from "./packet-receipts.ts";
import type { ProofParameters } from "./proof-parameters.ts";
import { RadioReports } from "./radio-reports.ts";
import { ReceiptJournal } from "./receipt-journal.ts";
import type { Registration } from "./registration.ts";
import type { StateFiles } from "./state-files.ts";
import { UploadArchive } from "./upload-archive.ts";
import { UploadChain } from "./upload-chain.ts";
import { UploadSender } from "./upload-sender.ts";
import { RECEIPT_FLUSH_MS, Uploader } from "./uploader.ts";
import { supervise } from "./wait.ts";
import { Witness } from "./witness.ts";

/** Acknowledged uploads kept, with their receipts: 17,000 small ones, which take 4 MB of memory to know. */
const MAX_ARCHIVE_BYTES = 8 * 1024 * 1024;

export interface HotspotProofOptions {
  readonly identity: HotspotIdentity;
  readonly gatewayEui: GatewayEui;
  readonly network: number;
  readonly clients: readonly OracleClient[];
  readonly source: ChallengeSource;
  readonly registration: Registration;
  readonly parameters: () => ProofParameters;
  /** Resolves when oracles were asked once for time and rules, whatever they said, or at `stop`. */
  readonly rulesHeard: (stop: AbortSignal) => Promise<void>;
  /** Null: this hotspot sends no beacons. */
  readonly radio: RadioSetup | null;
  readonly hasReceipts: boolean;
  /** Bound of what it keeps on disk, most of it for receipts that wait. */
  readonly maxBytes: number;
  readonly files: StateFiles;
  readonly transmit: (command: DownlinkCommand) => Promise<DownlinkAck>;
  readonly networkClock: NetworkClock;
  readonly clock: Clock;
  readonly log: Log;
  readonly telemetry: Telemetry;
  readonly random: () => number;
}

export class HotspotProof {
  readonly witness: Witness;
  readonly beaconer: Beaconer | null;
  readonly sender: UploadSender;
  readonly uploader: Uploader;
  readonly registration: Registration;
  readonly keyText: string;
  readonly #options: HotspotProofOptions;
  readonly #radio: RadioReports;
  readonly #receipts: ReceiptJournal;
  readonly #packets: PacketReceipts;

  constructor(options: HotspotProofOptions) {
    this.#options = options;
    this.registration = options.registration;
    this.keyText = options.identity.keyText;
    const { clock, telemetry, files, networkClock, parameters, identity, network, maxBytes } = options;
    const dropped = telemetry.counter(
      "agent_reports_dropped_total",
      "Reports lost before they were sealed, by reason.",
    );
    const chain = new UploadChain(files, network, identity.signer);
    const archiveBytes = Math.min(MAX_ARCHIVE_BYTES, maxBytes / 2);
    const archive = new UploadArchive(files, archiveBytes);
    this.#radio = new RadioReports(dropped);
    this.#receipts = new ReceiptJournal({ files, clock, log: options.log, dropped, maxBytes: maxBytes - archiveBytes });
    this.sender = new UploadSender({ ...options, chain, archive });
    this.uploader = new Uploader({
      ...options,
      chain,
      archive,
      sender: this.sender,
      radio: this.#radio,
      receipts: this.#receipts,
      receiptFlushMs: () => Math.min(RECEIPT_FLUSH_MS, parameters().times.entropyMs),
    });
    this.#packets = new PacketReceipts({ networkClock, telemetry, add: (receipt) => this.#addReceipt(receipt) });
    this.witness = new Witness({
      networkClock,
      clock,
      telemetry,
      windowMs: () => parameters().windowMs,
      report: (report, expiresMs) => {
        this.#radio.addWitness(report, clock.nowMs(), expiresMs);
        this.uploader.wake();
      },
    });
    const { radio } = options;
    this.beaconer = radio === null ? null : this.#makeBeaconer(radio);
  }

  /** Reports that wait to be sealed. */
  get pendingReports(): number {
    return this.#radio.length + this.#receipts.length;
  }

  /** A copy of `packet` reached the server of a route of the oracle's. */
  delivered(packet: UplinkPacket, routeId: number): void {
    if (this.#options.hasReceipts) this.#packets.delivered(packet, routeId);
  }

  /** Runs until `stop`, then lets go of its files. */
  async run(stop: AbortSignal): Promise<void> {
    const { uploader, beaconer } = this;
    await Promise.all([
      supervise("uploader", (until) => uploader.run(until), this.#options, stop),
      beaconer === null ? undefined : supervise("beaconer", (until) => beaconer.run(until), this.#options, stop),
    ]);
    await this.#options.files.close().catch(() => {});
  }

  #addReceipt(receipt: Parameters<ReceiptJournal["add"]>[0]): void {
    this.#receipts.add(receipt);
    this.uploader.wake();
  }

  #makeBeaconer(setup: RadioSetup): Beaconer {
    return new Beaconer({
      ...this.#options,
      setup,
      report: (report, expiresMs) => {
        this.#radio.addBeacon(report, this.#options.clock.nowMs(), expiresMs);
        this.uploader.wake();
      },
      onPayload: (payload) => this.witness.own(payload),
    });
  }
}

/** Where a hotspot's state lies: by key and network, so that another key or network never finds it. */
export function hotspotFolder(proofFolder: string, identity: HotspotIdentity, network: number): string {
  return join(proofFolder, `${identity.gatewayId}-${network}`);
}
