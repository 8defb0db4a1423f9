/** What the tests of proof of coverage share: an agent's proof side over oracles, radio, clock and disk that the test controls. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beaconPayload, sha256, signBeacon, signerFromEd25519Seed } from "@earshot/poc/protocol";
import { openKeyring } from "../../src/keyring.ts";
import { silentLog } from "../../src/log.ts";
import type { DownlinkAck, DownlinkCommand, TxStatus, UplinkPacket } from "../../src/messages.ts";
import { ProofOfCoverage, type ProofOptions } from "../../src/proof/proof-of-coverage.ts";
import { Telemetry } from "../../src/telemetry.ts";
import { MemoryFiles } from "../doubles/memory-files.ts";
import { network, type OracleDouble } from "../doubles/oracle.ts";
import { type StepClock, settle } from "../doubles/step-clock.ts";

export const EUI = "aa555a0000000001";
/** The start of an interval of six hours: 2026-03-01 00:00 UTC. */
export const START_MS: number = Date.UTC(2026, 2, 1);

/** `runs` of a property, times EARSHOT_SOAK. */
export function soak(runs: number): { readonly numRuns: number } {
  return { numRuns: runs * Math.max(1, Number(process.env.EARSHOT_SOAK ?? 1)) };
}

export function seed(text: string): Uint8Array {
  return sha256(new TextEncoder().encode(text));
}

/** A packet as the forwarder hands it over, of an SF10 frame on 868.1 MHz. */
export function packetOf(phyPayload: Uint8Array, receivedMs: number, change: Partial<UplinkPacket> = {}): UplinkPacket {
  return {
    uplinkId: 1,
    gatewayEui: EUI,
    source: "gwmp",
    phyPayload,
    frequencyHz: 868_100_000,
    modulation: { kind: "lora", bandwidthHz: 125_000, spreadingFactor: 10, codeRate: "4/5" },
    crcStatus: "ok",
    tmst: 123_456,
    receivedMs,
    earlierUtcMs: null,
    gatewayTimeUs: null,
    gpsTimeMs: null,
    fineTimeNs: null,
    rssiDbm: -104,
    signalRssiDbm: null,
    snrDdb: -75,
    channel: 0,
    rfChain: 0,
    board: 0,
    antenna: 0,
    location: null,
    metadata: {},
    context: new Uint8Array(0),
    ...change,
  };
}

/** The beacon of some other hotspot; different names, different payloads. */
export function foreignBeacon(name: string): Uint8Array {
  const challengeId = seed(`challenge ${name}`);
  return beaconPayload(challengeId, signBeacon(signerFromEd25519Seed(seed("another hotspot")), challengeId));
}

/** An unconfirmed data uplink of 20 bytes; the counter makes it unique. */
export function dataFrame(fCnt: number, devAddr = 0x26_01_02_03): Uint8Array {
  const frame = new Uint8Array(20);
  const view = new DataView(frame.buffer);
  frame[0] = 0x40;
  view.setUint32(1, devAddr, true);
  view.setUint16(6, fCnt & 0xffff, true);
  frame[8] = 1;
  view.setUint32(16, fCnt, true);
  return frame;
}

export interface Transmission {
  readonly command: DownlinkCommand;
  readonly atMs: number;
}

export class Rig {
  readonly clock: StepClock;
  readonly oracles: readonly OracleDouble[];
  readonly transmissions: Transmission[] = [];
  telemetry: Telemetry = new Telemetry();
  files: MemoryFiles;
  /** What the forwarder answers to the next commands; OK when it runs out. */
  answers: TxStatus[] = [];
  usedPowerDbm: number | null = null;
  proof: ProofOfCoverage;
  readonly #keys = mkdtempSync(join(tmpdir(), "earshot-proof-"));
  readonly #changes: Partial<ProofOptions["oracle"]> & { readonly region?: string | null };
  #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(
    clock: StepClock,
    oracles: readonly OracleDouble[],
    changes: Partial<ProofOptions["oracle"]> & { readonly region?: string | null } = {},
  ) {
    this.clock = clock;
    this.oracles = oracles;
    this.#changes = changes;
    this.files = new MemoryFiles();
    this.proof = this.#make();
  }

  get key(): Uint8Array {
    return openKeyring(this.#keys).primary.signer.publicKey;
  }

  async start(): Promise<void> {
    this.#stop = new AbortController();
    this.proof.gatewaySeen(EUI);
    this.#running = this.proof.run(this.#stop.signal);
    await settle();
  }

  /** Stops like a process that is told to. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** Starts anew with the same key and the given disk: after a crash, a restored backup, a lost disk. */
  async restart(files: MemoryFiles = this.files): Promise<void> {
    await this.stop();
    this.files = files;
    this.telemetry = new Telemetry();
    this.proof = this.#make();
    await this.start();
  }

  hear(phyPayload: Uint8Array, change: Partial<UplinkPacket> = {}): boolean {
    return this.proof.hear(packetOf(phyPayload, this.clock.nowMs(), change));
  }

  counter(name: string, labels: Readonly<Record<string, string>> = {}): number {
    return this.telemetry.counter(name, "").value(labels);
  }

  async close(): Promise<void> {
    await this.stop();
    rmSync(this.#keys, { recursive: true, force: true });
  }

  #make(): ProofOfCoverage {
    const { region = "EU868", ...oracle } = this.#changes;
    return new ProofOfCoverage({
      oracle: {
        urls: this.oracles.map(({ url }) => url),
        signers: this.oracles.map(({ keyText }) => keyText),
        network: 3,
        beacons: true,
        receipts: true,
        spoolBytes: 64 * 1024 * 1024,
        ...oracle,
      },
      radio: region === null ? null : { region, antennaGainDdbi: 20, hasListenBeforeTalk: false },
      keyring: openKeyring(this.#keys, () => seed("the hotspot")),
      folder: "proof",
      transmit: async (command) => this.transmit(command),
      clock: this.clock,
      log: silentLog,
      telemetry: this.telemetry,
      send: network(...this.oracles),
      openFiles: () => this.files,
      random: () => 0.5,
    });
  }

  /** What the forwarder does with a command. */
  transmit(command: DownlinkCommand): DownlinkAck {
    this.transmissions.push({ command, atMs: this.clock.nowMs() });
    const { downlinkId, gatewayEui, origin } = command;
    const status = this.answers.shift() ?? "OK";
    const taken = { itemIndex: 0, usedPowerDbm: this.usedPowerDbm, tmst: 777, sentMs: this.clock.nowMs() };
    return { downlinkId, gatewayEui, origin, statuses: [status], accepted: status === "OK" ? taken : null };
  }
}
