/**
 * Verdicts of single challenges: a handful of beacons and the witness reports of their payloads, through the engine itself.
 *
 * The columns of a moment are judged in the context of their epoch (live-epoch.ts) as one partition: a verdict is the engine's, never a
 * second opinion. Whether a valid witness is paid is known once the entropy is that its challenge is sampled with.
 */
import {
  allocateColumns,
  beaconsTable,
  challengesTable,
  type EpochInput,
  entropyTable,
  judgeBeacons,
  NO_ROW,
  REASON,
  verifyPartition,
  witnessesTable,
} from "@earshot/poc";
import { payloadKey, verifyBeaconSignature } from "@earshot/poc/protocol";
import type { LiveChallenge, LiveEpoch } from "./live-epoch.ts";
import type { LiveReport } from "./live-report.ts";

/**
 * In place of the epoch's last entropy, which is not known yet: payloads are looked up by a hash that nobody who reports them can foresee
 * (poc/epoch payload-keys.ts). No verdict depends on it.
 */
const UNFORESEEN = allocateColumns(entropyTable, 1);
crypto.getRandomValues(UNFORESEEN.blockhash);

/** All reports of one payload, and the challenge its first beacon answers. */
export interface LiveGroup {
  /** In log order. */
  readonly beacons: readonly LiveReport[];
  readonly witnesses: readonly LiveReport[];
  readonly challenge: LiveChallenge | undefined;
}

export interface LiveVerdict {
  readonly report: LiveReport;
  /** Row in hotspots.arrow, or NO_ROW. */
  readonly hotspot: number;
  readonly challenge: LiveChallenge | undefined;
  readonly reason: number;
  readonly measured: number;
  readonly limit: number;
  /** Undefined while the sampling entropy is not known. */
  readonly selected: boolean | undefined;
}

/** Judges groups of an epoch; verdicts of a group stand together, its beacons first. */
export function judgeGroups(epoch: LiveEpoch, groups: readonly LiveGroup[]): LiveVerdict[] {
  const reports = groups.flatMap(({ beacons, witnesses }) => [...beacons, ...witnesses]);
  const challengeOf = groups.flatMap(({ beacons, witnesses, challenge }) =>
    Array.from({ length: beacons.length + witnesses.length }, () => challenge),
  );
  const challenges = groups.flatMap(({ challenge }) => (challenge === undefined ? [] : [challenge]));
  const input = { ...epoch.context.input, ...columnsOf(epoch, groups, challenges), entropy: UNFORESEEN };
  const { hotspots, history } = epoch.context;
  const context = { ...epoch.context, input, beacons: judgeBeacons(input, hotspots, history.lastBeaconMs) };
  const verdicts = verifyPartition(context, input.witnesses);
  const isSampled = challenges.map((challenge) => epoch.samplingEntropy(challenge) !== undefined);
  const rowOfChallenge = new Map(challenges.map((challenge, row) => [challenge, row]));
  const out: LiveVerdict[] = reports.map((report, index) => ({
    report,
    hotspot: epoch.hotspotOf(report.senderKey),
    challenge: challengeOf[index],
    reason: REASON.stale,
    measured: 0,
    limit: 0,
    selected: false,
  }));
  const fill = (index: number, reason: number, measured: number, limit: number, isSelected: boolean) => {
    const challenge = challengeOf[index];
    const row = challenge === undefined ? undefined : rowOfChallenge.get(challenge);
    const selected = row === undefined || isSampled[row] || reason !== REASON.valid ? isSelected : undefined;
    out[index] = { ...out[index], reason, measured, limit, selected };
  };
  const { beacons } = context;
  for (let row = 0; row < beacons.count; row++) {
    fill(beacons.beacons.log_index[row], beacons.reason[row], beacons.measured[row], beacons.limit[row], false);
  }
  for (let group = 0; group < verdicts.beaconOfGroup.length - 1; group++) {
    const index = beacons.beacons.log_index[verdicts.beaconOfGroup[group]];
    const isPaid = verdicts.selectedCount[group] > 0;
    fill(index, verdicts.beaconReason[group], verdicts.beaconMeasured[group], verdicts.beaconLimit[group], isPaid);
  }
  const next = verdicts.starts.slice();
  for (let source = 0; source < verdicts.groupOf.length; source++) {
    const place = next[verdicts.groupOf[source]]++;
    const { reason, measured, limit, selected } = verdicts;
    fill(verdicts.logIndex[source], reason[place], measured[place], limit[place], selected[place] === 1);
  }
  return out;
}

/** Beacons, witnesses and challenges of the groups; log_index is the place of the report in them. */
function columnsOf(
  epoch: LiveEpoch,
  groups: readonly LiveGroup[],
  known: readonly LiveChallenge[],
): Pick<EpochInput, "beacons" | "witnesses" | "challenges"> {
  const challenges = allocateColumns(challengesTable, known.length);
  known.forEach((challenge, row) => {
    challenges.challenge_id.set(challenge.challengeId, row * 32);
    challenges.hotspot[row] = challenge.hotspot;
    challenges.minute[row] = challenge.minute;
    challenges.transmit_offset_ms[row] = challenge.transmitOffsetMs;
    challenges.frequency_hz[row] = challenge.frequencyHz;
    challenges.data_rate[row] = challenge.dataRate;
    challenges.sampling_entropy.set(epoch.samplingEntropy(challenge) ?? new Uint8Array(32), row * 32);
  });
  const beacons = allocateColumns(
    beaconsTable,
    groups.reduce((sum, group) => sum + group.beacons.length, 0),
  );
  const witnesses = allocateColumns(
    witnessesTable,
    groups.reduce((sum, group) => sum + group.witnesses.length, 0),
  );
  const at = { index: 0, beacon: 0, witness: 0, challenge: 0 };
  for (const group of groups) {
    const challenge = group.challenge === undefined ? NO_ROW : at.challenge++;
    for (const report of group.beacons) fillBeacon(epoch, beacons, at.beacon++, at.index++, report, group, challenge);
    for (const report of group.witnesses) fillWitness(epoch, witnesses, at.witness++, at.index++, report);
  }
  return { challenges, beacons, witnesses };
}

function fillBeacon(
  epoch: LiveEpoch,
  to: EpochInput["beacons"],
  row: number,
  logIndex: number,
  report: LiveReport,
  { challenge }: LiveGroup,
  challengeRow: number,
): void {
  const { challengeId, signature, txPowerDdbm } = report.beacon!;
  const hotspot = epoch.hotspotOf(report.senderKey);
  const { hi, lo } = payloadKey(report.payload);
  const isKnown = challenge !== undefined && Buffer.compare(challenge.challengeId, challengeId) === 0;
  const key = isKnown ? epoch.keyOf(hotspot) : undefined;
  to.log_index[row] = logIndex;
  to.hotspot[row] = hotspot;
  to.receive_offset_ms[row] = report.receiveMs - epoch.startMs;
  to.payload_key_hi[row] = hi;
  to.payload_key_lo[row] = lo;
  to.frequency_hz[row] = report.frequencyHz;
  to.data_rate[row] = report.dataRate;
  to.tx_power_ddbm[row] = txPowerDdbm;
  to.challenge[row] = isKnown ? challengeRow : NO_ROW;
  to.proof_status[row] = !isKnown ? 2 : key !== undefined && verifyBeaconSignature(key, challengeId, signature) ? 0 : 1;
}

function fillWitness(
  epoch: LiveEpoch,
  to: EpochInput["witnesses"],
  row: number,
  logIndex: number,
  report: LiveReport,
): void {
  const { rssiDdbm, snrDdb } = report.witness!;
  const { hi, lo } = payloadKey(report.payload);
  to.log_index[row] = logIndex;
  to.hotspot[row] = epoch.hotspotOf(report.senderKey);
  to.receive_offset_ms[row] = report.receiveMs - epoch.startMs;
  to.payload_key_hi[row] = hi;
  to.payload_key_lo[row] = lo;
  to.frequency_hz[row] = report.frequencyHz;
  to.rssi_ddbm[row] = rssiDdbm;
  to.snr_ddb[row] = snrDdb;
  to.data_rate[row] = report.dataRate;
}
