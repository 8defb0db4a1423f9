/**
 * challenges.arrow from entropy.arrow and hotspots.arrow: what sortition gives, so that anybody can check it.
 *
 * Challenged are the hotspots that may prove coverage: location asserted (a private one where the rules judge it), capability 1, not
 * suspended, region with a plan. The channel
 * is drawn from the region's plan; the data rate is the network's, or the region's where the parameters name one.
 */
import { type AnyColumn, allocateColumns, challengesTable, type EpochInput, isPlaced } from "@earshot/poc";
import { challengesOf } from "@earshot/poc/protocol";
import { type RegionPlan, regionPlans } from "@earshot/poc/radio";
import { oracleError } from "../errors.ts";

const KEY_BYTES = 33;
const HASH_BYTES = 32;

export type ChallengeSource = Pick<EpochInput, "parameters" | "hotspots" | "entropy"> & {
  readonly header: Pick<EpochInput["header"], "epoch">;
};

/**
 * All challenges of the epoch by (minute, hotspot). Throws ORC_BAD_ROW when a minute of the epoch has no entropy, or the minute in
 * which the witnesses of a challenge are sampled: who could choose without it would know beforehand whom. Needs rules of kind
 * `sortition`: under `reported-entropy` nobody but the beaconer knows when it beacons, and undefined is returned. With `spanMs`, whole
 * intervals, only the challenges of the beginning of the epoch.
 */
export function deriveChallenges(
  source: ChallengeSource,
  spanMs: number = source.parameters.time.epochMs,
): EpochInput["challenges"] | undefined {
  const { time, challenge } = source.parameters;
  if (challenge.kind !== "sortition") return undefined;
  const intervals = Math.ceil(spanMs / time.intervalMs);
  return joinChallenges(Array.from({ length: intervals }, (_, interval) => deriveInterval(source, interval)!));
}

/** The challenges of one interval of the epoch, counted from 0; intervals do not depend on each other. Throws and answers as `deriveChallenges`. */
export function deriveInterval(source: ChallengeSource, interval: number): EpochInput["challenges"] | undefined {
  const { parameters, hotspots, entropy } = source;
  const { time, challenge, radio } = parameters;
  if (challenge.kind !== "sortition") return undefined;
  const plans: (RegionPlan | undefined)[] = [];
  for (const plan of regionPlans(radio.regionPlans)) plans[plan.number] = plan;

  const rows = challengedRows(source, plans);
  const keys = new Uint8Array(rows.length * KEY_BYTES);
  for (const [i, row] of rows.entries()) {
    keys.set(hotspots.key.subarray(row * KEY_BYTES, (row + 1) * KEY_BYTES), i * KEY_BYTES);
  }
  const offsetMs = interval * time.intervalMs;
  const epochMinute = (source.header.epoch * time.epochMs) / time.entropyMs;
  const firstMinute = epochMinute + offsetMs / time.entropyMs;
  const rowOfMinute = new Map(Array.from(entropy.minute, (minute, row) => [minute, row]));
  const drawn = challengesOf(keys, firstMinute, entropyOf(source, firstMinute, time.intervalMs, rowOfMinute), time);

  const dataRates = new Map<string, number>(
    challenge.regionDataRates.map(({ region, dataRate }) => [region, dataRate]),
  );
  const columns = allocateColumns(challengesTable, drawn.length);
  columns.challenge_id.set(drawn.challengeId);
  columns.minute.set(drawn.minute);
  for (let i = 0; i < drawn.length; i++) {
    const hotspot = rows[drawn.hotspot[i]];
    const plan = plans[hotspots.region[hotspot]] as RegionPlan;
    const transmitOffsetMs = offsetMs + drawn.transmitOffsetMs[i];
    columns.hotspot[i] = hotspot;
    columns.transmit_offset_ms[i] = transmitOffsetMs;
    columns.frequency_hz[i] = plan.channelsHz[drawn.channelDraw[i] % plan.channelsHz.length];
    columns.data_rate[i] = dataRates.get(plan.name) ?? challenge.dataRate;
    const closesMs = transmitOffsetMs + time.windowMs;
    const minute = epochMinute + Math.floor(closesMs / time.entropyMs) + 1;
    const sampling = rowOfMinute.get(minute);
    if (sampling === undefined) {
      throw oracleError(
        "ORC_BAD_ROW",
        `entropy.arrow: minute: no row for minute ${minute}, which samples challenge ${i}`,
      );
    }
    const blockhash = entropy.blockhash.subarray(sampling * HASH_BYTES, (sampling + 1) * HASH_BYTES);
    columns.sampling_entropy.set(blockhash, i * HASH_BYTES);
  }
  return columns;
}

/** Challenges of intervals in their order as one table. */
export function joinChallenges(parts: readonly EpochInput["challenges"][]): EpochInput["challenges"] {
  const joined = allocateColumns(
    challengesTable,
    parts.reduce((sum, { minute }) => sum + minute.length, 0),
  ) as unknown as Record<string, AnyColumn>;
  for (const { name } of challengesTable.columns) {
    let at = 0;
    for (const part of parts) {
      const column: AnyColumn = part[name];
      joined[name].set(column as never, at);
      at += column.length;
    }
  }
  return joined as unknown as EpochInput["challenges"];
}

function challengedRows(
  { hotspots, parameters }: Pick<ChallengeSource, "hotspots" | "parameters">,
  plans: readonly (RegionPlan | undefined)[],
): number[] {
  const rows: number[] = [];
  for (let row = 0; row < hotspots.region.length; row++) {
    const mayProve =
      isPlaced(hotspots, row, parameters) && hotspots.capability[row] !== 0 && hotspots.suspended[row] === 0;
    if (mayProve && plans[hotspots.region[row]] !== undefined) rows.push(row);
  }
  return rows;
}

/** E(m) of every minute of the span, end to end. */
function entropyOf(
  { parameters, entropy }: ChallengeSource,
  firstMinute: number,
  spanMs: number,
  rowOfMinute: ReadonlyMap<number, number>,
): Uint8Array {
  const minutes = spanMs / parameters.time.entropyMs;
  const bytes = new Uint8Array(minutes * HASH_BYTES);
  for (let i = 0; i < minutes; i++) {
    const row = rowOfMinute.get(firstMinute + i);
    if (row === undefined) {
      throw oracleError("ORC_BAD_ROW", `entropy.arrow: minute: no row for minute ${firstMinute + i} of the epoch`);
    }
    bytes.set(entropy.blockhash.subarray(row * HASH_BYTES, (row + 1) * HASH_BYTES), i * HASH_BYTES);
  }
  return bytes;
}
