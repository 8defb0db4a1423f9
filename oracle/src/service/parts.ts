/** The parts of the service, in the order they start. */
import { join } from "node:path";
import { apiPart } from "../api/api-part.ts";
import { ArchivedEpochs } from "../api/epoch-source.ts";
import { liveRoutes } from "../api/live-routes.ts";
import { billingPart } from "../billing/billing-part.ts";
import { challengesPart } from "../challenges/challenges-part.ts";
import type { EntropyFile } from "../challenges/entropy-file.ts";
import { durationMs } from "../config/values.ts";
import { explorerPart } from "../explorer/explorer-part.ts";
import { ingestPart } from "../ingest/ingest-part.ts";
import { logPart } from "../log-routes/log-part.ts";
import { noticeKeysOf } from "../notices/notice-keys.ts";
import { noticePart } from "../notices/notice-part.ts";
import { organisationsPart } from "../organisations/organisations-part.ts";
import { EpochArchive } from "../pipeline/epoch-archive.ts";
import { holderName } from "../pipeline/hold-lease.ts";
import { type PipelinePartOptions, pipelinePart } from "../pipeline/pipeline-part.ts";
import { mirrorsOf } from "../pipeline/work.ts";
import { closedEpochs } from "../pipeline/work-table.ts";
import type { AccountSource } from "../registry/account-source.ts";
import type { NetworkAccount } from "../registry/network-account.ts";
import type { RegistryWatch } from "../registry/registry-watch.ts";
import { routesPart } from "../routes/routes-part.ts";
import { SuspendedRoutes } from "../routes/suspended-routes.ts";
import { chainPart } from "../settlement/chain-part.ts";
import { routerChain } from "../settlement/router-chain.ts";
import { settlementPart } from "../settlement/settlement-part.ts";
import { type NetworkRules, rulesOfEpoch } from "./network-rules.ts";
import type { OracleContext, ServicePart } from "./part.ts";

/** Billing looks at least this often in an epoch. */
const LOOKS_AN_EPOCH = 24;

export interface PartsOptions {
  readonly entropyFile: EntropyFile;
  readonly network: NetworkAccount;
  /** All rules this oracle has (service/network-rules.ts). */
  readonly known: readonly NetworkRules[];
  readonly watch: RegistryWatch;
  readonly history: Pick<AccountSource, "wasUsed">;
  readonly accountsAt?: PipelinePartOptions["accountsAt"];
  readonly workerCommand: readonly string[];
}

export async function serviceParts(
  context: OracleContext,
  { entropyFile, network, known, watch, history, accountsAt, workerCommand }: PartsOptions,
): Promise<readonly ServicePart[]> {
  const { config, rules, store, artefacts, networkClock } = context;
  const ingest = await ingestPart(context);
  const mirrors = mirrorsOf(config, context.plan, store, artefacts);
  const rulesOf = (epoch: number) => rulesOfEpoch(known, (watch.lastNetwork ?? network).parameters, epoch);
  const pipeline = pipelinePart(context, {
    watch,
    history,
    accountsAt,
    rulesOf,
    workerCommand,
    settledMs: ingest.settledMs,
  });
  const archive = new EpochArchive(artefacts);
  const noticeKeys = noticeKeysOf(config, rules.network, context.signer.publicKey);
  const suspended = new SuspendedRoutes();
  const chain = routerChain(context, network);
  const organisations = organisationsPart(context, {
    routers: chain.routers,
    suspended,
    fileRoutes: () => routes.book.fileRoutes,
    holder: holderName("organisations"),
  });
  const { access } = organisations.readers;
  const routes = routesPart(context, suspended, () => organisations.stored.routes);
  const billing = billingPart(context, {
    ...chain,
    access,
    store,
    archive,
    book: routes.book,
    suspended,
    ...noticeKeys,
    firstEpoch: context.plan.firstEpoch,
    holder: holderName("billing"),
    everyMs: Math.min(durationMs(config.billing.interval), Math.ceil(rules.parameters.time.epochMs / LOOKS_AN_EPOCH)),
  });
  const source = new ArchivedEpochs(archive, () => closedEpochs(store));
  return [
    challengesPart(context, entropyFile, pipeline.nextEpoch),
    ingest,
    routes,
    logPart(context),
    noticePart(context, ingest.order, noticeKeys.governanceKey),
    pipeline,
    settlementPart(context, { network, mirrors, told: ingest.toldTip, noticeKeys }),
    billing,
    organisations,
    chainPart(context, network),
    apiPart({ source, nowMs: () => networkClock.nowMs(), proposals: join(config.data.folder, "proposals"), access }),
    {
      name: "running epoch",
      routes: (app) => liveRoutes(app, { store, nextEpoch: pipeline.nextEpoch, nowMs: () => networkClock.nowMs() }),
    },
    ...(config.http.explorer ? [explorerPart()] : []),
  ];
}
