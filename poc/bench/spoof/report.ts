/** `bun run bench spoof`: the placement detector on measured links, each receiver judged by limits from campaigns and receivers other than it. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { parseCampaignCsv } from "@earshot/fixtures";
import type { AnomalyParameters } from "../../src/anomaly/anomaly-parameters.ts";
import { earshotDetectors } from "../../src/parameters/presets/detectors.ts";
import { asksForUsage } from "../options.ts";
import { farLimitDdb, withFarLimit } from "./calibrate.ts";
import {
  distanceMoved,
  distanceM as metres,
  publicReceivers,
  type Receiver,
  type Reception,
  receiversOfCampaign,
} from "./campaigns.ts";
import { costReport } from "./cost.ts";
import { likenessTables } from "./likeness-tables.ts";
import { replaceSection } from "./page.ts";
import { db, table } from "./tables.ts";
import { excessDdb, hasPlaces, hasSpots, judgeWindow, windowsOf } from "./windows.ts";

export const SPOOF_USAGE = `usage: bun run bench spoof [--links FILE] [--windows N] [--write]
       bun run bench spoof --cost ROWS [--write]

  --links FILE  judge this campaign too, its receivers with limits from the public campaigns (fixtures/src/campaign-csv.ts)
  --windows N   windows a receiver, 2 to 1000; without it 60
  --cost ROWS   CPU time of the detectors beside the epoch's, 10000 to 16000000 witness rows
  --write       write the tables to docs/reference/spoofing.md
`;

const MOVES_KM = [5, 10, 20, 30, 50, 100, 500];
const SIZES = [10, 30];
const LEAST_PLACES = 5;
/** Turns between the directions of successive windows: the golden angle, so that any number of windows is spread evenly. */
const TURN = Math.PI * (3 - Math.sqrt(5));
/** A swap counts when the two stand at least this far apart, km. */
const SWAP_KM = 20;

interface Judged {
  readonly receiver: Receiver;
  /** Limits learned without its campaign, and without the receiver alone. */
  readonly withoutCampaign: AnomalyParameters;
  readonly withoutReceiver: AnomalyParameters;
  readonly isMisplaced: boolean;
}

/** Runs the bench; gives the exit code. */
export function runSpoof(args: readonly string[]): number {
  if (asksForUsage(args)) {
    process.stdout.write(SPOOF_USAGE);
    return 0;
  }
  const options = readOptions(args);
  if (typeof options === "string") {
    process.stderr.write(`${options}\n${SPOOF_USAGE}`);
    return 2;
  }
  const text =
    options.costRows === undefined ? spoofReport(options.windows, options.links) : costReport(options.costRows);
  process.stdout.write(text);
  if (options.write)
    replaceSection(
      options.costRows === undefined ? "bun run bench spoof" : `bun run bench spoof --cost ${options.costRows}`,
      text,
    );
  return 0;
}

function readOptions(args: readonly string[]) {
  let windows = 60;
  let links: string | undefined;
  let costRows: number | undefined;
  let write = false;
  for (let at = 0; at < args.length; at++) {
    if (args[at] === "--write") write = true;
    else if (args[at] === "--links") links = args[++at];
    else if (args[at] === "--cost") costRows = Number(args[++at]);
    else if (args[at] === "--windows") windows = Number(args[++at]);
    else return `${args[at]}: unknown option`;
  }
  if (!Number.isInteger(windows) || windows < 2 || windows > 1000)
    return "--windows: expected an integer from 2 to 1000";
  if (costRows !== undefined && !(Number.isInteger(costRows) && costRows >= 10_000 && costRows <= 16_000_000))
    return "--cost: expected an integer from 10000 to 16000000";
  return { windows, links, costRows, write };
}

/** The tables as Markdown; the same for the same campaigns. */
export function spoofReport(windowsEach: number, linksFile?: string): string {
  const known = publicReceivers();
  const given =
    linksFile === undefined
      ? []
      : receiversOfCampaign(basename(linksFile), parseCampaignCsv(linksFile, readFileSync(linksFile, "utf8")));
  const judged = judgedReceivers(known, given);
  return [
    foldTable(known),
    honestTable(judged, windowsEach),
    misplacedList(judged),
    movedTable(judged, windowsEach),
    swapTable(judged, windowsEach),
    singleTable(judged, windowsEach),
    ...likenessTables(judged.filter(({ isMisplaced }) => !isMisplaced).map(({ receiver }) => receiver)),
  ].join("\n");
}

function judgedReceivers(known: readonly Receiver[], given: readonly Receiver[]): Judged[] {
  const share = earshotDetectors.votes.fromE4;
  const campaigns = new Set([...known, ...given].map(({ campaign }) => campaign));
  const without = new Map(
    [...campaigns].map((campaign) => {
      const others = known.filter((other) => other.campaign !== campaign);
      return [campaign, withFarLimit(earshotDetectors, farLimitDdb(others, share))] as const;
    }),
  );
  return [...known, ...given].map((receiver) => {
    const others = known.filter((other) => other !== receiver);
    const withoutReceiver = withFarLimit(earshotDetectors, farLimitDdb(others, share));
    const verdict = judgeWindow(receiver.receptions, ({ distanceM }) => distanceM, withoutReceiver);
    return {
      receiver,
      withoutCampaign: without.get(receiver.campaign)!,
      withoutReceiver,
      isMisplaced: verdict.level > 0,
    };
  });
}

function foldTable(known: readonly Receiver[]): string {
  const share = earshotDetectors.votes.fromE4;
  const campaigns = [...new Set(known.map(({ campaign }) => campaign))];
  const rows = campaigns.map((left) => {
    const limit = farLimitDdb(
      known.filter(({ campaign }) => campaign !== left),
      share,
    );
    return [left, db(limit)];
  });
  const preset = earshotDetectors.placement.bands.at(-1)!.excessDdb;
  return table(
    "Far limit of the excess loss, learned without one campaign",
    ["without", "limit, dB"],
    [...rows, ["(preset `earshot`)", db(preset)]],
  );
}

function honestTable(judged: readonly Judged[], windowsEach: number): string {
  const rows = byCampaign(judged).map(([campaign, own]) => {
    const honest = own.filter(({ isMisplaced }) => !isMisplaced);
    const receptions = own.flatMap(({ receiver }) => receiver.receptions);
    const honestReceptions = honest.flatMap(({ receiver }) => receiver.receptions);
    const windows = (limits: (one: Judged) => AnomalyParameters, size: number) =>
      shareOf(
        honest.flatMap((one) =>
          windowsOf(one.receiver, size, windowsEach).map(
            (window) => judgeWindow(window, asserted, limits(one)).level > 0,
          ),
        ),
      );
    return [
      campaign,
      String(own.length),
      String(receptions.length),
      shareOf(receptions.map(isOutlier)),
      shareOf(honestReceptions.map(isOutlier)),
      windows((one) => one.withoutReceiver, 10),
      windows((one) => one.withoutReceiver, 30),
      windows((one) => one.withoutCampaign, 30),
      String(own.filter(({ isMisplaced }) => isMisplaced).length),
    ];
  });
  return table(
    "Honest: receivers at their published places",
    [
      "campaign",
      "receivers",
      "receptions",
      "outliers",
      "outliers without the misplaced",
      "windows of 10 flagged",
      "windows of 30 flagged",
      "the same, limits without the campaign",
      "receivers penalised",
    ],
    rows,
  );
}

function misplacedList(judged: readonly Judged[]): string {
  const rows = judged
    .filter(({ isMisplaced }) => isMisplaced)
    .map(({ receiver, withoutReceiver }) => {
      const { level, shareE4 } = judgeWindow(receiver.receptions, asserted, withoutReceiver);
      const excesses = receiver.receptions.map((one) => excessDdb(one, one.distanceM)).sort((a, b) => a - b);
      return [
        receiver.campaign,
        receiver.id,
        String(receiver.receptions.length),
        `${(shareE4 / 100).toFixed(0)} %`,
        db(excesses[excesses.length >> 1]),
        String(level),
      ];
    });
  return table(
    "Misplaced: receivers whose whole record contradicts their place",
    ["campaign", "receiver", "receptions", "places that accuse", "median excess, dB", "level"],
    rows,
  );
}

function movedTable(judged: readonly Judged[], windowsEach: number): string {
  const several = judged.filter(
    ({ receiver, isMisplaced }) => !isMisplaced && hasPlaces(receiver.receptions, LEAST_PLACES),
  );
  const rows = byCampaign(several).flatMap(([campaign, own]) =>
    MOVES_KM.map((km) => [
      campaign,
      String(km),
      ...SIZES.flatMap((size) => {
        const flagged = (isCounted: (window: readonly Reception[]) => boolean, full: boolean) =>
          shareOf(
            movedVerdicts(own, windowsEach, size, km, isCounted).map(({ level }) =>
              full ? level === 10_000 : level > 0,
            ),
          );
        const places = (window: readonly Reception[]) => hasPlaces(window, LEAST_PLACES);
        const spots = (window: readonly Reception[]) => hasSpots(window, LEAST_PLACES);
        return [flagged(places, false), flagged(places, true), flagged(spots, false)];
      }),
    ]),
  );
  return table(
    `Moved: windows of receivers asserted elsewhere, from ${LEAST_PLACES} or more places of transmitters (limits without the receiver)`,
    [
      "campaign",
      "km",
      "10 receptions: flagged",
      "in full",
      "flagged of 5 coordinates",
      "30 receptions: flagged",
      "in full",
      "flagged of 5 coordinates",
    ],
    rows,
  );
}

function movedVerdicts(
  own: readonly Judged[],
  windowsEach: number,
  size: number,
  km: number,
  isCounted: (window: readonly Reception[]) => boolean,
) {
  return own.flatMap(({ receiver, withoutReceiver }) =>
    windowsOf(receiver, size, windowsEach).flatMap((window, index) =>
      isCounted(window) ? [judgeWindow(window, distanceMoved(receiver, km * 1000, index * TURN), withoutReceiver)] : [],
    ),
  );
}

/** Two receivers of a campaign that assert each other's place; where none stand far enough apart, there is nothing to swap. */
function swapTable(judged: readonly Judged[], windowsEach: number): string {
  const placed = judged.filter(({ receiver, isMisplaced }) => receiver.at !== null && !isMisplaced);
  const misplaced = judged.filter(({ receiver, isMisplaced }) => receiver.at !== null && isMisplaced);
  const rows = SIZES.map((size) => {
    let pairs = 0;
    const verdicts: boolean[] = [];
    for (const { receiver, withoutReceiver } of placed) {
      for (const other of [...placed, ...misplaced]) {
        if (other.receiver.at === receiver.at || other.receiver.at === null) continue;
        const distanceOf = swapped(receiver, other.receiver);
        if (distanceOf === undefined) continue;
        pairs++;
        for (const window of windowsOf(receiver, size, windowsEach))
          if (hasPlaces(window, LEAST_PLACES))
            verdicts.push(judgeWindow(window, distanceOf, withoutReceiver).level > 0);
      }
    }
    return [String(size), String(pairs), String(verdicts.length), shareOf(verdicts)];
  });
  return table(
    `Swaps: the place of another receiver of the same campaign, ${SWAP_KM} km or more away`,
    ["receptions", "pairs", "windows", "flagged"],
    rows,
  );
}

function swapped(receiver: Receiver, other: Receiver): ((reception: Reception) => number) | undefined {
  if (receiver.campaign !== other.campaign || receiver.at === null || other.at === null) return undefined;
  const to = other.at;
  if (metres(receiver.at, to) < SWAP_KM * 1000) return undefined;
  return ({ transmitter, distanceM: own }) => (transmitter === null ? own : metres(to, transmitter));
}

function singleTable(judged: readonly Judged[], windowsEach: number): string {
  const single = judged.filter(
    ({ receiver }) => !hasPlaces(receiver.receptions, 2) && receiver.receptions.length >= 30,
  );
  const oneVoter = (parameters: AnomalyParameters): AnomalyParameters => ({
    ...parameters,
    minimumVoters: 1,
    placement: { ...parameters.placement, certainVoters: 1 },
  });
  const onlyCertain = (parameters: AnomalyParameters): AnomalyParameters => ({
    ...parameters,
    placement: { ...parameters.placement, certainVoters: 1 },
  });
  const rows = [0, ...MOVES_KM].map((km) => [
    String(km),
    ...[(one: AnomalyParameters) => one, onlyCertain, oneVoter].map((rule) =>
      shareOf(
        single.flatMap(({ receiver, withoutReceiver }) =>
          windowsOf(receiver, 30, windowsEach).map(
            (window, index) =>
              judgeWindow(window, distanceMoved(receiver, km * 1000, index * TURN), rule(withoutReceiver)).level > 0,
          ),
        ),
      ),
    ),
  ]);
  return table(
    "One transmitter: windows of 30 flagged, by the rules, and if one voter were enough",
    ["moved, km", "by the rules", "if one voter sufficed for what is certain", "if one voter sufficed"],
    rows,
  );
}

function asserted({ distanceM }: Reception): number {
  return distanceM;
}

/** Stronger than free space between isotropic antennas: marked, and nothing else. */
function isOutlier(reception: Reception): boolean {
  return excessDdb(reception, reception.distanceM) < 0;
}

function byCampaign(judged: readonly Judged[]): (readonly [string, readonly Judged[]])[] {
  const campaigns = [...new Set(judged.map(({ receiver }) => receiver.campaign))];
  return campaigns.map((name) => [name, judged.filter(({ receiver }) => receiver.campaign === name)] as const);
}

function shareOf(flags: readonly boolean[]): string {
  if (flags.length === 0) return "none";
  return `${((100 * flags.filter(Boolean).length) / flags.length).toFixed(flags.length > 5000 ? 2 : 1)} % of ${flags.length}`;
}
