/** Ingest as a part of the service: intake with its limits, chain heads, withheld counts, and their upkeep. */
import { join } from "node:path";
import { MAX_UPLOAD_BYTES } from "@earshot/poc/protocol";
import { durationMs, sizeBytes } from "../config/values.ts";
import type { ReportLog } from "../ports/report-log.ts";
import type { ServiceContext, ServicePart } from "../service/part.ts";
import { peersOf } from "../service/peers.ts";
import { BodyAdmission } from "./body-admission.ts";
import { ChainHeads } from "./chain-heads.ts";
import { ForkEvidence } from "./fork-evidence.ts";
import { restoreHeads } from "./head-replay.ts";
import { writeHeadsFile } from "./heads-file.ts";
import { PeerHeads } from "./peer-heads.ts";
import { ReceiveOrder } from "./receive-order.ts";
import { ToldTip } from "./told-tip.ts";
import { UploadIntake } from "./upload-intake.ts";
import { submitRoute, uploadRoutes } from "./upload-routes.ts";
import { WithheldTally } from "./withheld-tally.ts";

/** Slowest sender that is waited for, bytes per ms: 16 kB/s. */
const SLOWEST_BYTES_PER_MS = 16;
/** Limits that have filled up again are forgotten, and segments whose time is over sealed, this often, ticks. */
const SWEEP_TICKS = 60;
/** Segments are sealed this often within a grace time, which is what closing an epoch waits for. */
const SEALS_A_GRACE = 10;
/** Heads are saved this often, ticks; what came since is read from the log. */
const SAVE_TICKS = 600;

export interface IngestPart extends ServicePart {
  /** Head of the log as it may be told. */
  readonly toldTip: ToldTip;
  /** Receive times of everything that is appended to the log. */
  readonly order: ReceiveOrder;
  /** The time before which every upload is durable and seen by every reader, Unix ms. Rejects while the log cannot show them. */
  readonly settledMs: () => Promise<number>;
}

export async function ingestPart(context: ServiceContext): Promise<IngestPart> {
  const { config, rules, signer, registry, reportLog, networkClock, clock, log, telemetry } = context;
  const { ingest, data, chain } = config;
  const clockToleranceMs = durationMs(chain.clock_tolerance);
  const nowMs = () => networkClock.nowMs();
  const steadyMs = () => clock.steadyMs();
  const heads = new ChainHeads(rules.withholdMs);
  const headsFile = join(data.folder, "chain-heads.cache");
  const { withholdMs } = rules;
  const toldTip = new ToldTip(
    withholdMs,
    await restoreHeads(reportLog, heads, headsFile, { nowMs: nowMs(), withholdMs }),
  );
  const saveHeads = () => {
    try {
      writeHeadsFile(headsFile, { tip: toldTip.at(nowMs()), heads: heads.told(nowMs()) });
    } catch (error) {
      log.complain("heads", "the heads of chains cannot be kept on disk", { error: String(error) });
    }
  };
  const tally = new WithheldTally(rules.withholdMs);
  const admission = new BodyAdmission({
    maxBytes: sizeBytes(ingest.max_body_size),
    maxBodyBytes: MAX_UPLOAD_BYTES,
    graceMs: durationMs(ingest.body_timeout),
    minBytesPerMs: SLOWEST_BYTES_PER_MS,
  });
  const peerHeads = new PeerHeads(peersOf(config), rules);
  telemetry.counter(
    "oracle_peer_head_failures_total",
    "Questions for a device's head that another ingest did not answer.",
    () => peerHeads.failures,
  );
  const order = new ReceiveOrder(nowMs, await lastReceiveMs(reportLog));
  const intake = new UploadIntake({
    network: rules.network,
    signer,
    registry,
    heads,
    log: reportLog,
    order,
    forks: new ForkEvidence(join(data.folder, "forks")),
    limits: {
      perDevice: { perSecond: ingest.uploads_per_second, size: ingest.upload_burst },
      badPerAddress: {
        perSecond: ingest.bad_signatures_per_minute / 60,
        size: ingest.bad_signatures_per_minute,
      },
      maxWaiting: ingest.max_waiting,
      maxWaitingBytes: sizeBytes(ingest.max_waiting_size),
    },
    nowMs,
    steadyMs,
    epochAt: rules.epochAt,
    headElsewhere: (deviceKey, receiveMs) => peerHeads.headOf(deviceKey, receiveMs),
    clockFault: () => clockFault(networkClock.chainErrorMs, clockToleranceMs),
    onUpload: (event) => tally.add(event, steadyMs()),
    onRefused: (code) => telemetry.uploadRefused(code),
    serviceLog: log.for("ingest"),
  });
  const tell = () => {
    for (const second of tally.due(steadyMs())) telemetry.uploads(second);
  };
  telemetry.beforeScrape(tell);
  let ticks = 0;
  const sealTicks = Math.max(
    1,
    Math.min(SWEEP_TICKS, Math.floor(rules.parameters.time.graceMs / 1000 / SEALS_A_GRACE)),
  );
  const routes = {
    network: rules.network,
    signer,
    intake,
    admission,
    registry,
    heads,
    log: reportLog,
    toldTip,
    nowMs,
    steadyMs,
    epochAt: rules.epochAt,
  };
  return {
    name: "ingest",
    toldTip,
    order,
    async settledMs() {
      const settledMs = order.settledMs();
      await reportLog.showAll();
      return settledMs;
    },
    routes: (app) => uploadRoutes(app, routes),
    uncountedRoutes: (app) => submitRoute(app, routes),
    tick() {
      reportLog.tip().then(
        (tip) => toldTip.note(tip, nowMs()),
        (error) => log.complain("tip", "the head of the log cannot be read", { error: String(error) }),
      );
      admission.cutOverdue(steadyMs());
      tell();
      ticks++;
      if (ticks % SWEEP_TICKS === 0) intake.sweep();
      if (ticks % sealTicks === 0) {
        reportLog.sealSegments(nowMs()).catch((error) => {
          log.complain("seal", "a segment of the log cannot be sealed", { error: String(error) });
        });
      }
      if (ticks % SAVE_TICKS === 0) saveHeads();
    },
    fault: () => reportLog.health().fault ?? order.fault() ?? clockFault(networkClock.chainErrorMs, clockToleranceMs),
    close: async () => saveHeads(),
  };
}

async function lastReceiveMs(log: Pick<ReportLog, "tip" | "get">): Promise<number> {
  const { length } = await log.tip();
  return length === 0 ? 0 : ((await log.get(length - 1))?.receiveMs ?? 0);
}

/** What is wrong with our time, if receive times cannot be trusted by it. */
function clockFault(chainErrorMs: number | undefined, toleranceMs: number): string | undefined {
  if (toleranceMs === 0 || chainErrorMs === undefined || Math.abs(chainErrorMs) <= toleranceMs) return undefined;
  return `the clock is ${Math.round(chainErrorMs / 1000)} s off the chain's time`;
}
