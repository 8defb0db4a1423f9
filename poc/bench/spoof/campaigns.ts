/**
 * Measurement campaigns as the detectors' bench takes them: receivers, each with the receptions it made at its published place.
 *
 * Where a source gives both places, moving a receiver moves its coordinates. Where it gives the distance to one fixed transmitter only,
 * the receiver is moved in the plane around that transmitter. Places of transmitters are told apart by their resolution-10 cell
 * (130 m), because a GPS fix of a standing tracker wanders by tens of metres.
 */
import { type CampaignReception, loadRadioLinks, type RadioPlace, type RadioSet, radioSets } from "@earshot/fixtures";
import { EARTH_RADIUS_M, latLngToCell } from "@earshot/geo";
import { levelDdbm, NO_SNR } from "../../src/anomaly/link.ts";

export interface Reception {
  /** Place of the transmitter: dense id of its cell, and of its exact coordinates. */
  readonly place: number;
  readonly spot: number;
  readonly rssiDdbm: number;
  /** ESP, or RSSI where the source has no SNR, 0.1 dBm. */
  readonly levelDdbm: number;
  readonly frequencyHz: number;
  readonly eirpDdbm: number;
  readonly distanceM: number;
  readonly transmitter: RadioPlace | null;
}

export interface Receiver {
  readonly campaign: string;
  readonly id: string;
  readonly at: RadioPlace | null;
  readonly receptions: readonly Reception[];
}

/** Transmit power of the three public campaigns, 0.1 dBm: LoRaWAN's EU868 default. */
const PUBLIC_EIRP_DDBM = 140;
const PLACE_RESOLUTION = 10;
const RADIANS = Math.PI / 180;

/** Receivers of the public campaigns that have a known distance, by campaign and first appearance. */
export function publicReceivers(): Receiver[] {
  return radioSets.flatMap((set) => receiversOf(set, rowsOfSet(set)));
}

/** Receivers of a campaign in the format of fixtures/src/campaign-csv.ts. */
export function receiversOfCampaign(campaign: string, rows: readonly CampaignReception[]): Receiver[] {
  return receiversOf(
    campaign,
    rows.map((row) => ({ ...row, distanceM: distanceM(row.receiver, row.transmitter) })),
  );
}

interface Row {
  readonly receiverId: string;
  readonly receiver: RadioPlace | null;
  readonly transmitter: RadioPlace | null;
  readonly rssiDdbm: number;
  readonly snrDdb: number | null;
  readonly frequencyHz: number;
  readonly eirpDdbm: number;
  readonly distanceM: number;
}

function rowsOfSet(set: RadioSet): Row[] {
  return loadRadioLinks(set).flatMap((link) =>
    link.distanceM === null ? [] : [{ ...link, distanceM: link.distanceM, eirpDdbm: PUBLIC_EIRP_DDBM }],
  );
}

function receiversOf(campaign: string, rows: readonly Row[]): Receiver[] {
  const places = new Map<string, number>();
  const spots = new Map<string, number>();
  const byReceiver = new Map<string, Row[]>();
  for (const row of rows) {
    const own = byReceiver.get(row.receiverId);
    if (own === undefined) byReceiver.set(row.receiverId, [row]);
    else own.push(row);
  }
  return [...byReceiver].map(([id, own]) => ({
    campaign,
    id,
    at: own[0].receiver,
    receptions: own.map((row) => ({
      place: denseId(places, placeKey(row.transmitter)),
      spot: denseId(spots, row.transmitter === null ? "fixed" : `${row.transmitter.latDeg} ${row.transmitter.lngDeg}`),
      rssiDdbm: row.rssiDdbm,
      levelDdbm: levelDdbm(row.rssiDdbm, row.snrDdb ?? NO_SNR),
      frequencyHz: row.frequencyHz,
      eirpDdbm: row.eirpDdbm,
      distanceM: row.distanceM,
      transmitter: row.transmitter,
    })),
  }));
}

function placeKey(place: RadioPlace | null): string {
  if (place === null) return "fixed";
  const { hi, lo } = latLngToCell(place.latDeg, place.lngDeg, PLACE_RESOLUTION);
  return `${hi} ${lo}`;
}

function denseId(ids: Map<string, number>, key: string): number {
  const id = ids.get(key) ?? ids.size;
  ids.set(key, id);
  return id;
}

/** Great-circle metres. For measuring only: its last bits may differ by machine. */
export function distanceM(a: RadioPlace, b: RadioPlace): number {
  const [latA, latB] = [a.latDeg * RADIANS, b.latDeg * RADIANS];
  const half = Math.sin((latB - latA) / 2) ** 2;
  const width = Math.sin(((b.lngDeg - a.lngDeg) * RADIANS) / 2) ** 2;
  return 2 * EARTH_RADIUS_M * Math.asin(Math.sqrt(Math.min(1, half + Math.cos(latA) * Math.cos(latB) * width)));
}

/** The place `movedM` away in direction `bearing` (radians from north). */
export function placeAway({ latDeg, lngDeg }: RadioPlace, movedM: number, bearing: number): RadioPlace {
  const lat = latDeg * RADIANS;
  const arc = movedM / EARTH_RADIUS_M;
  const sin = Math.sin(lat) * Math.cos(arc) + Math.cos(lat) * Math.sin(arc) * Math.cos(bearing);
  const lng = Math.atan2(Math.sin(bearing) * Math.sin(arc) * Math.cos(lat), Math.cos(arc) - Math.sin(lat) * sin);
  return { latDeg: Math.asin(sin) / RADIANS, lngDeg: lngDeg + lng / RADIANS };
}

/** Distance to each transmitter once the receiver asserts a place `movedM` away in direction `bearing`. */
export function distanceMoved(receiver: Receiver, movedM: number, bearing: number): (reception: Reception) => number {
  if (movedM === 0) return ({ distanceM: own }) => own;
  const { at } = receiver;
  if (at === null) {
    return ({ distanceM: own }) =>
      Math.sqrt(Math.max(0, own * own + movedM * movedM - 2 * own * movedM * Math.cos(bearing)));
  }
  const moved = placeAway(at, movedM, bearing);
  return ({ transmitter, distanceM: own }) => (transmitter === null ? own : distanceM(moved, transmitter));
}
