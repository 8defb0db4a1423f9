/**
 * Proof of coverage of an agent: one HotspotProof for each gateway, over the same oracles, clock and rules.
 *
 * The wiring calls `gatewaySeen` when a gateway is first heard, `hear` with every packet (true: it was a beacon and goes nowhere
 * else), `delivered` when a route's server has a packet, and `run` once.
 */
import { animalName } from "../animal-name.ts";
import type { Clock } from "../clock.ts";
import type { HotspotIdentity, Keyring } from "../keyring.ts";
import type { Log } from "../log.ts";
import type { DownlinkAck, DownlinkCommand, GatewayEui, UplinkPacket } from "../messages.ts";
import type { ProofStatus } from "../status.ts";
import type { Telemetry } from "../telemetry.ts";
import type { RadioSetup } from "./beacon-plan.ts";
import { RpcBlocks } from "./chain-blocks.ts";
import { ChainChallenges } from "./chain-challenges.ts";
import type { ChallengeSource } from "./challenge-source.ts";
import { HotspotProof, hotspotFolder } from "./hotspot-proof.ts";
import { fetchSend, type HttpSend } from "./http.ts";
import { NetworkClock } from "./network-clock.ts";
import { OracleChallenges } from "./oracle-challenges.ts";
import { OracleClient } from "./oracle-client.ts";
import { OracleWatch } from "./oracle-watch.ts";
import { Registration } from "./registration.ts";
import { DiskFiles, type StateFiles } from "./state-files.ts";
import { TrustedSigners } from "./trusted-signers.ts";
import { supervise } from "./wait.ts";
import { isBeacon } from "./witness.ts";

export interface ProofOptions {
  /** As configured under `oracle`; one or more addresses. */
  readonly oracle: {
    readonly urls: readonly string[];
    readonly signers: readonly string[];
    readonly network: number;
    readonly beacons: boolean;
    readonly receipts: boolean;
    readonly spoolBytes: number;
    /** Solana RPC endpoint to derive challenges from instead of asking oracles. */
    readonly rpcUrl?: string | undefined;
  };
  /** Null: no region, no beacons. */
  readonly radio: RadioSetup | null;
  readonly keyring: Keyring;
  /** Folder of all hotspots' state. */
  readonly folder: string;
  /** Hands a command to the forwarder's scheduler; settles always. */
  readonly transmit: (command: DownlinkCommand) => Promise<DownlinkAck>;
  readonly clock: Clock;
  readonly log: Log;
  readonly telemetry: Telemetry;
  /** For tests: HTTP, files and chance. */
  readonly send?: HttpSend;
  readonly openFiles?: (folder: string) => StateFiles;
  readonly random?: () => number;
}

export class ProofOfCoverage {
  /** The network's time, as oracles tell it. */
  readonly networkClock: NetworkClock;
  readonly clients: readonly OracleClient[];
  readonly signers: TrustedSigners;
  readonly #options: ProofOptions;
  readonly #watch: OracleWatch;
  readonly #send: HttpSend;
  readonly #random: () => number;
  readonly #hotspots = new Map<GatewayEui, HotspotProof>();
  readonly #running: Promise<void>[] = [];
  #stop: AbortSignal | null = null;

  /** Throws AGT_BAD_ORACLE for an address or key that is not usable. */
  constructor(options: ProofOptions) {
    this.#options = options;
    const { oracle, clock, log, telemetry, keyring } = options;
    this.#send = options.send ?? fetchSend();
    this.#random = options.random ?? Math.random;
    this.networkClock = new NetworkClock(clock);
    this.signers = new TrustedSigners(oracle.network, oracle.signers);
    const io = { send: this.#send, clock };
    const observe = (sample: Parameters<NetworkClock["observe"]>[0]) => void this.networkClock.observe(sample);
    this.clients = oracle.urls.map((url) => new OracleClient(url, io, this.signers, observe));
    this.#watch = new OracleWatch({
      clients: this.clients,
      identity: keyring.primary,
      network: oracle.network,
      networkClock: this.networkClock,
      clock,
      log: log.for("clock"),
      telemetry,
      random: this.#random,
    });
  }

  /** A gateway was heard; its hotspot begins at the first time. */
  gatewaySeen(gatewayEui: GatewayEui): void {
    if (!this.#hotspots.has(gatewayEui)) this.#begin(gatewayEui);
  }

  /** Takes a packet; true if it has a beacon's form: it must go to no network server. */
  hear(packet: UplinkPacket): boolean {
    if (!isBeacon(packet)) return false;
    this.#hotspots.get(packet.gatewayEui)?.witness.hear(packet);
    return true;
  }

  /** The server of one of the oracle's routes has a copy of the packet. */
  delivered(packet: UplinkPacket, routeId: number): void {
    this.#hotspots.get(packet.gatewayEui)?.delivered(packet, routeId);
  }

  /** Runs until `stop`; resolves when every actor has stopped. */
  async run(stop: AbortSignal): Promise<void> {
    const { primaryEui } = this.#options.keyring;
    // What the last run sealed goes on its way before the gateway is heard.
    if (primaryEui !== null) this.gatewaySeen(primaryEui);
    this.#stop = stop;
    for (const hotspot of this.#hotspots.values()) this.#running.push(hotspot.run(stop));
    await supervise("clock", (until) => this.#watch.run(until), this.#options, stop);
    await Promise.all(this.#running);
  }

  /** For the local page, `info` and `doctor`: of all hotspots together. Times are of the agent's clock. */
  status(): ProofStatus {
    const hotspots = [...this.#hotspots.values()];
    const beaconers = hotspots.flatMap(({ beaconer }) => (beaconer === null ? [] : [beaconer.status]));
    const registrations = hotspots.map(({ registration }) => registration.isRegistered);
    const { offsetMs } = this.networkClock.status();
    const nextMs = least(beaconers.map(({ nextBeaconMs }) => nextBeaconMs));
    return {
      oracles: this.clients.map(({ name, problem }) => ({ url: name, isReachable: problem === null, problem })),
      isRegistered: registrations.includes(false) ? false : registrations.includes(true) ? true : null,
      unregistered: hotspots.flatMap(({ keyText, registration }) =>
        registration.isRegistered === false
          ? [{ key: keyText, name: animalName(keyText), reason: registration.reason ?? "" }]
          : [],
      ),
      unchallenged: hotspots.flatMap(({ keyText, beaconer }) =>
        beaconer?.status.unchallenged == null
          ? []
          : [{ name: animalName(keyText), reason: beaconer.status.unchallenged }],
      ),
      parametersProblem: this.#watch.parametersProblem,
      region: this.#options.radio?.region ?? null,
      lastBeaconMs: greatest(beaconers.map(({ lastBeaconMs }) => lastBeaconMs)),
      nextBeaconMs: nextMs === null ? null : nextMs - offsetMs,
      beacons: beaconers.reduce((sum, { beacons }) => sum + beacons, 0),
      witnesses: hotspots.reduce((sum, { witness }) => sum + witness.count, 0),
      pendingReports: hotspots.reduce((sum, { pendingReports }) => sum + pendingReports, 0),
      lastUploadMs: greatest(hotspots.map(({ uploader }) => uploader.lastUploadMs)),
      beaconProblem: beaconers.find(({ problem }) => problem !== null)?.problem ?? null,
    };
  }

  #begin(gatewayEui: GatewayEui): void {
    const { oracle, keyring, folder, radio, log, openFiles } = this.#options;
    const identity = keyring.identityOf(gatewayEui);
    const registration = new Registration();
    const stateFolder = hotspotFolder(folder, identity, oracle.network);
    const hotspot = new HotspotProof({
      ...this.#options,
      identity,
      gatewayEui,
      network: oracle.network,
      clients: this.clients,
      source: this.#sourceOf(identity, registration),
      registration,
      parameters: () => this.#watch.parameters,
      rulesHeard: (stop) => this.#watch.heard(stop),
      radio: oracle.beacons ? radio : null,
      hasReceipts: oracle.receipts,
      maxBytes: oracle.spoolBytes,
      files: openFiles === undefined ? new DiskFiles(stateFolder) : openFiles(stateFolder),
      networkClock: this.networkClock,
      log: log.for("proof"),
      random: this.#random,
    });
    this.#hotspots.set(gatewayEui, hotspot);
    if (this.#stop !== null) this.#running.push(hotspot.run(this.#stop));
  }

  #sourceOf({ signer, keyText }: HotspotIdentity, registration: Registration): ChallengeSource {
    const { oracle, clock } = this.#options;
    const key = signer.publicKey;
    if (oracle.rpcUrl === undefined) {
      return new OracleChallenges(this.clients, this.signers, { key, keyText }, registration);
    }
    return new ChainChallenges(new RpcBlocks(oracle.rpcUrl, this.#send, clock), key);
  }
}

function greatest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}

function least(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.min(...known);
}
