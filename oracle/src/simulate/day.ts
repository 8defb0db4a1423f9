/**
 * One epoch of a simulation: who hears what, and the uploads that come of it.
 *
 * Beacons and device packets go on the air, the radio model says who hears them, each hotspot's reports are sealed and chained, and
 * the meters confirm what their servers accepted. Nothing here knows a verdict. Times in ms since the start of the epoch.
 */
import { NO_ROW } from "@earshot/poc";
import { type PacketConfirmation, packDataRate, spreadingFactorOf, type WitnessReport } from "@earshot/poc/protocol";
import { regionByNumber, timeOnAirUs } from "@earshot/poc/radio";
import type { AttackCrew } from "./attacks/crew.ts";
import { withExtras } from "./attacks/extras.ts";
import type { WrittenFigures } from "./attacks/figures.ts";
import { type EpochPlan, isPlayed, type Transmission, transmissionsOf } from "./beacons.ts";
import { CHANNEL_SLIP_HZ, NOISE_SNR_DDB, REPEAT_SHARE, RSSI_LIE_DDB } from "./behaviour.ts";
import { isDark } from "./outages.ts";
import type { Link, RadioModel, Reception } from "./radio-model.ts";
import { type RandomStream, randomStream } from "./random.ts";
import { DEVICE_EIRP_DDBM, DEVICE_SPREADING_FACTOR, type Device, type Payer, packetsOf, receiptOf } from "./traffic.ts";
import { type ChainState, type LoggedUpload, playUploads, type Report } from "./uploader.ts";
import type { SimulatedHotspot } from "./world.ts";

/** What lasts from one epoch to the next. */
export interface Network {
  readonly model: RadioModel;
  /** Links of each hotspot as a transmitter, by index in the world. */
  readonly links: readonly (readonly Link[])[];
  readonly devices: readonly Device[];
  readonly payers: readonly Payer[];
  /** By index in the world, then by payer. */
  readonly chains: readonly ChainState[];
  readonly meterChains: readonly ChainState[];
  /** What waits at the start of an epoch to be sealed, by hotspot, or to be confirmed, by payer. */
  readonly unsent: Report[][];
  readonly unconfirmed: Report[][];
  readonly networkNumber: number;
  /** Undefined in an honest world. */
  readonly crew: AttackCrew | undefined;
}

/** From the end of a transmission to the agent's knowledge of it, ms. */
const FORWARDED_AFTER_MS = 5;
/** Repeated reports come this long after the first, ms: in the next upload. */
const REPEATED_AFTER_MS = 4000;
/** RSSI and SNR of one's own beacon, 0.1 dBm and 0.1 dB. */
const ECHO = { rssiDdbm: -200, snrDdb: 110 } as const;
/** Meters confirm this often, ms, and this long after. */
const CONFIRM_EVERY_MS = 600_000;
const CONFIRM_DELAY_MS = 2000;

/**
 * Plays an epoch and moves `network` to its end. Gives the uploads of each sender in its own order: hotspots by index in the world,
 * then meters. `onProgress` is told the share done, 0 to 1.
 */
export function playDay(plan: EpochPlan, network: Network, onProgress?: (share: number) => void): LoggedUpload[][] {
  const { world } = plan;
  const { hotspots } = world;
  const transmissions = transmissionsOf(plan);
  const ether = new Ether(plan, transmissions);
  const reports: Report[][] = hotspots.map(() => []);
  for (const transmission of transmissions) reportBeacon(plan, network, transmission, ether, reports);
  onProgress?.(0.2);
  reportPackets(plan, network, ether, reports);
  onProgress?.(0.4);
  const bySender = hotspots.map((hotspot, index) => {
    if (index % 256 === 0) onProgress?.(0.4 + (0.5 * index) / hotspots.length);
    const sender = {
      signer: hotspot.signer,
      network: network.networkNumber,
      fault: hotspot.fault,
      outage: plan.outages[index],
      stream: randomStream(world.seed, "uplink", hotspot.id, plan.epoch),
    };
    const repeats = randomStream(world.seed, "repeats", hotspot.id, plan.epoch);
    reports[index].sort((a, b) => a.atMs - b.atMs);
    const heard = withRepeats(hotspot, reports[index], repeats);
    const own = [...network.unsent[index], ...withExtras(plan, hotspot, heard)];
    own.sort((a, b) => a.atMs - b.atMs);
    const { logged, unsent } = playUploads(sender, own, network.chains[index], plan.untilMs);
    network.unsent[index] = [...unsent];
    return logged;
  });
  const meters = network.payers.map((payer, index) => confirm(plan, network, payer, index, bySender));
  endOfDay(network, plan.parameters.time.epochMs);
  onProgress?.(1);
  return [...bySender, ...meters];
}

/** Times of what is left count from the start of the next epoch. */
function endOfDay({ chains, meterChains, unsent, unconfirmed }: Network, epochMs: number): void {
  for (const chain of [...chains, ...meterChains]) chain.freeMs = Math.max(0, chain.freeMs - epochMs);
  for (const waiting of [unsent, unconfirmed]) {
    for (const [index, reports] of waiting.entries()) {
      waiting[index] = reports.map((entry) => ({ ...entry, atMs: entry.atMs - epochMs }));
    }
  }
}

/** Who can hear at a moment: in the registry or near it, with power, not transmitting, on the channels of the sender. */
class Ether {
  readonly #plan: EpochPlan;
  /** Start and end of each transmission of a hotspot, ms, in pairs. */
  readonly #busy: readonly number[][];

  constructor(plan: EpochPlan, transmissions: readonly Transmission[]) {
    this.#plan = plan;
    this.#busy = plan.world.hotspots.map(() => []);
    for (const { hotspot, atMs, dataRate, payload } of transmissions) {
      this.#busy[hotspot].push(atMs, atMs + airTimeMs(payload.length, dataRate));
    }
  }

  canHear(receiver: number, region: number, fromMs: number, toMs: number): boolean {
    const { world, epoch, outages } = this.#plan;
    const { fault, radioRegion, firstEpoch, attacker } = world.hotspots[receiver];
    if (fault === "deaf" || attacker?.isInvented === true || radioRegion !== region || firstEpoch > epoch) return false;
    if (isDark(outages[receiver], fromMs)) return false;
    const busy = this.#busy[receiver];
    for (let i = 0; i < busy.length; i += 2) if (fromMs < busy[i + 1] && toMs > busy[i]) return false;
    return true;
  }
}

function airTimeMs(bytes: number, dataRate: number): number {
  return Math.ceil(timeOnAirUs(bytes, dataRate) / 1000);
}

function reportBeacon(
  { world, epoch, parameters }: EpochPlan,
  network: Network,
  transmission: Transmission,
  ether: Ether,
  reports: readonly Report[][],
): void {
  const { hotspot, atMs, report, payload, dataRate } = transmission;
  const beaconer = world.hotspots[hotspot];
  const endMs = atMs + airTimeMs(payload.length, dataRate);
  const knownMs = endMs + FORWARDED_AFTER_MS;
  if (report !== undefined) reports[hotspot].push({ atMs: knownMs, kind: "beacon", report });
  const receivedMs = epoch * parameters.time.epochMs + endMs;
  const stream = randomStream(world.seed, "fading", beaconer.id, epoch, atMs);
  if (beaconer.fault === "echo") {
    const echo = witnessReport(transmission, { ...ECHO, site: hotspot, distanceM: 0 }, beaconer, receivedMs, stream);
    reports[hotspot].push({ atMs: knownMs, kind: "witness", report: echo });
  }
  if (beaconer.fault === "mute") return;
  const { eirpDdbm, frequencyHz } = transmission;
  const spreadingFactor = spreadingFactorOf(dataRate);
  const { crew } = network;
  const isOnAir = beaconer.attacker?.isInvented !== true;
  const heard = isOnAir
    ? network.model.receptions(network.links[hotspot], eirpDdbm, frequencyHz, spreadingFactor, stream)
    : [];
  const heardBy = new Set<number>();
  const tell = (receiver: number, figures: WrittenFigures) => {
    const reception = { ...figures, site: receiver, distanceM: 0 };
    const witness = witnessReport(transmission, reception, world.hotspots[receiver], receivedMs, stream);
    reports[receiver].push({ atMs: knownMs, kind: "witness", report: witness });
    heardBy.add(receiver);
  };
  for (const reception of heard) {
    const receiver = crew?.hotspotOfSite(reception.site) ?? reception.site;
    if (receiver === hotspot || heardBy.has(receiver)) continue;
    if (!ether.canHear(receiver, beaconer.radioRegion, atMs, endMs)) continue;
    const isSecondSite = receiver !== reception.site;
    const figures =
      crew === undefined ? reception : crew.rewritten(receiver, transmission, reception, isSecondSite, stream);
    if (figures !== undefined) tell(receiver, figures);
  }
  for (const { hotspot: claimant, figures } of crew?.claims(transmission, heardBy, stream) ?? [])
    tell(claimant, figures);
}

function witnessReport(
  { payload, frequencyHz, dataRate }: Transmission,
  { rssiDdbm, snrDdb }: Reception,
  { fault }: SimulatedHotspot,
  receivedMs: number,
  stream: RandomStream,
): WitnessReport {
  return {
    payload,
    receivedMs,
    tmst: stream.u32(),
    rssiDdbm: rssiDdbm + (fault === "strong_rssi" ? RSSI_LIE_DDB : 0),
    snrDdb: fault === "weak_snr" ? NOISE_SNR_DDB : snrDdb,
    frequencyHz: frequencyHz + (fault === "wrong_channel" ? CHANNEL_SLIP_HZ : 0),
    dataRate: fault === "wrong_data_rate" ? packDataRate(9, 125_000) : dataRate,
  };
}

function reportPackets(plan: EpochPlan, network: Network, ether: Ether, reports: readonly Report[][]): void {
  const { world, epoch, parameters } = plan;
  const { epochMs } = parameters.time;
  const dataRate = packDataRate(DEVICE_SPREADING_FACTOR, 125_000);
  for (const packet of packetsOf(network.devices, world, epoch, epochMs)) {
    const { device, atMs, fCnt } = packet;
    if (!isPlayed(plan, atMs)) continue;
    const { channelsHz } = regionByNumber(device.region, parameters.radio.regionPlans);
    const frequencyHz = channelsHz[fCnt % channelsHz.length];
    const endMs = atMs + airTimeMs(device.phyBytes, dataRate);
    const stream = randomStream(world.seed, "packet fading", device.id, epoch, fCnt);
    const heard = network.model.receptions(
      device.links,
      DEVICE_EIRP_DDBM,
      frequencyHz,
      DEVICE_SPREADING_FACTOR,
      stream,
    );
    for (const { site } of heard) {
      if (site >= world.hotspots.length || !ether.canHear(site, device.region, atMs, endMs)) continue;
      const receipt = receiptOf(packet, epoch * epochMs + endMs, network.payers);
      reports[site].push({ atMs: endMs + FORWARDED_AFTER_MS, kind: "receipt", report: receipt });
    }
  }
}

/** The reports of a hotspot, some of its proofs twice when it repeats itself. */
function withRepeats({ fault }: SimulatedHotspot, reports: readonly Report[], stream: RandomStream): Report[] {
  if (fault !== "repeats") return [...reports];
  return reports.flatMap((entry) =>
    entry.kind !== "receipt" && stream.chance(REPEAT_SHARE)
      ? [entry, { ...entry, atMs: entry.atMs + REPEATED_AFTER_MS }]
      : [entry],
  );
}

/** A meter's uploads: what its server accepted of the copies that registered hotspots reported. */
function confirm(
  { world, epoch, registry, untilMs }: EpochPlan,
  network: Network,
  payer: Payer,
  index: number,
  uploads: readonly (readonly LoggedUpload[])[],
): LoggedUpload[] {
  const reports: Report[] = network.unconfirmed[index];
  for (const [hotspot, own] of uploads.entries()) {
    if (registry.rowOf[hotspot] === NO_ROW || !own.some(({ receipts }) => receipts.length > 0)) continue;
    const { id, signer } = world.hotspots[hotspot];
    const stream = randomStream(world.seed, "confirm", payer.name, id, epoch);
    for (const { receiveOffsetMs, receipts } of own) {
      const atMs = Math.ceil((receiveOffsetMs + 1) / CONFIRM_EVERY_MS) * CONFIRM_EVERY_MS + CONFIRM_DELAY_MS;
      for (const { routeId, packetHash, phyBytes } of receipts) {
        if (routeId !== payer.routeId || !stream.chance(payer.confirmShare)) continue;
        const report: PacketConfirmation = { packetHash, hotspotKey: signer.publicKey, phyBytes };
        reports.push({ atMs, kind: "confirmation", report });
      }
    }
  }
  reports.sort((a, b) => a.atMs - b.atMs);
  const stream = randomStream(world.seed, "meter", payer.name, epoch);
  const sender = { signer: payer.meter, network: network.networkNumber, fault: undefined, outage: undefined, stream };
  const { logged, unsent } = playUploads(sender, reports, network.meterChains[index], untilMs);
  network.unconfirmed[index] = [...unsent];
  return logged;
}
