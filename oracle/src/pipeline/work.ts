/** A worker as a process: opens what the configuration names, waits for the plan, works until it is told to stop. */
import type { WrittenConfig } from "../config/schema.ts";
import { durationMs } from "../config/values.ts";
import { headLagMs } from "../log/published-segments.ts";
import type { ArtefactStore } from "../ports/artefact-store.ts";
import type { Store } from "../ports/store.ts";
import { type Clock, sleep } from "../service/clock.ts";
import { configuredSigner } from "../service/ingest-key.ts";
import type { Log } from "../service/log.ts";
import { peersOf } from "../service/peers.ts";
import { openConfiguredArtefacts, openConfiguredReader, openConfiguredStore } from "../service/storage.ts";
import { EpochArchive } from "./epoch-archive.ts";
import { holderName } from "./hold-lease.ts";
import { IngestClock } from "./ingest-clock.ts";
import { MirroredLog } from "./mirrored-log.ts";
import { type PipelinePlan, readPlan } from "./plan.ts";
import { runWorker, type WorkerEvent, type WorkerRole } from "./run-worker.ts";
import { StoredFacts } from "./stored-facts.ts";

/** How often the plan is looked for while `oracle serve` has not written it down, ms. */
const PLAN_EVERY_MS = 500;
/** A worker that `oracle serve` starts has it by then. */
const LOOKS_BEFORE_WORD = 4;
/** Epochs are closed within some seconds of the moment they can be; short epochs are looked at more often. */
const POLLS_AN_EPOCH = 100;
/** Closing ten million reports keeps a thread from renewing its lease for half a minute, ms. */
const LONG_LEASE_MS = 120_000;

export interface WorkOptions {
  readonly config: WrittenConfig;
  readonly roles: readonly WorkerRole[];
  readonly clock: Clock;
  readonly log: Log;
  readonly stop: AbortSignal;
  readonly onEvent: (event: WorkerEvent) => void;
}

/** Works until `stop`. Throws ORC_BAD_KEY, what opening throws, and what cannot be tried again (run-worker.ts). */
export async function runWork({ config, roles, clock, log, stop, onEvent }: WorkOptions): Promise<void> {
  const { workers } = config;
  const store = await openConfiguredStore(config);
  try {
    const plan = await planOf(store, clock, log, stop);
    if (plan === undefined) return;
    const artefacts = openConfiguredArtefacts(config);
    // It signs the list of segments: the same key wherever workers run.
    const signer = configuredSigner(config, false);
    const reader = await openConfiguredReader(config, plan.log);
    const ingestClock = new IngestClock(store, clock);
    const following = ingestClock.run(stop, (error) =>
      log.complain("clock", "the ingest's time cannot be read", { error: String(error) }),
    );
    const leaseMs = durationMs(workers.lease);
    try {
      await runWorker(
        {
          store,
          artefacts,
          facts: new StoredFacts(store, new EpochArchive(artefacts)),
          logs: [{ name: plan.log.ingestKey.toHex(), log: reader }],
          mirrors: mirrorsOf(config, plan, store, artefacts),
          time: plan.time,
          firstEpoch: plan.firstEpoch,
          signer,
          roles,
          holder: holderName("worker"),
          wallMs: () => ingestClock.nowMs(),
          settings: {
            leaseMs,
            longLeaseMs: Math.max(leaseMs, Math.min(LONG_LEASE_MS, plan.time.epochMs)),
            pollMs: Math.min(1000, Math.ceil(plan.time.epochMs / POLLS_AN_EPOCH)),
            judges: workers.judges,
          },
          onEvent,
        },
        stop,
      );
    } finally {
      await following;
      await reader.close();
    }
  } finally {
    await store.close();
  }
}

/** Logs of other oracles' ingests. Throws ORC_BAD_CONFIG. */
export function mirrorsOf(
  config: WrittenConfig,
  { log: { network }, time }: Pick<PipelinePlan, "log" | "time">,
  store: Store,
  artefacts: ArtefactStore,
): readonly MirroredLog[] {
  const common = {
    store,
    artefacts,
    network,
    timeoutMs: durationMs(config.peers.timeout),
    headLagMs: headLagMs({ time }),
  };
  return peersOf(config).map((peer) => new MirroredLog({ ...common, ...peer }));
}

async function planOf(store: Store, clock: Clock, log: Log, stop: AbortSignal): Promise<PipelinePlan | undefined> {
  for (let looks = 1; !stop.aborted; looks++) {
    const plan = await readPlan(store);
    if (plan !== undefined) return plan;
    if (looks > LOOKS_BEFORE_WORD) log.complain("plan", "waits for the plan that `oracle serve` writes into the store");
    await sleep(clock, PLAN_EVERY_MS, stop);
  }
  return undefined;
}
