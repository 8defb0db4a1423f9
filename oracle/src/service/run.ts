/**
 * The process of an oracle: finds its network, opens what it keeps, starts its parts, answers until it is told to stop, and ends in the
 * order that loses nothing. A `kill -9` at any point loses nothing either: what was acknowledged is durable, the rest is made again.
 */
import { join } from "node:path";
import { CodedError } from "@earshot/geo";
import { keyToText } from "@earshot/poc/protocol";
import { RpcAccounts } from "../chain/rpc-accounts.ts";
import { EntropyBook } from "../challenges/entropy-book.ts";
import { EntropyFile } from "../challenges/entropy-file.ts";
import { LongPolls } from "../challenges/long-polls.ts";
import type { WrittenConfig } from "../config/schema.ts";
import { durationMs, hostAndPort } from "../config/values.ts";
import { oracleError } from "../errors.ts";
import { segmentSpanMs } from "../pipeline/epoch-times.ts";
import { type PipelinePlan, putPlan, readPlan } from "../pipeline/plan.ts";
import { lastClosedEpoch } from "../pipeline/work-table.ts";
import type { Store } from "../ports/store.ts";
import { AgreedRegistry } from "../registry/agreed-registry.ts";
import { agreedHistory, type Quorum } from "../registry/agreement.ts";
import type { NetworkAccount } from "../registry/network-account.ts";
import { heldFrom } from "../registry/parameter-hashes.ts";
import { RegistryBook } from "../registry/registry-book.ts";
import { RegistryWatch } from "../registry/registry-watch.ts";
import { rewardAccountsOf, rewardsView } from "../settlement/network-addresses.ts";
import { networkConnection, networkQuorum } from "../settlement/network-connection.ts";
import { createApi } from "./app.ts";
import { type Clock, sleep, whenAborted } from "./clock.ts";
import type { HttpApp } from "./http.ts";
import { configuredSigner } from "./ingest-key.ts";
import type { Log } from "./log.ts";
import { networkAddress } from "./network-address.ts";
import { NetworkClock } from "./network-clock.ts";
import { knownRules, rulesOfEpoch } from "./network-rules.ts";
import type { OracleContext, ServiceContext, ServicePart } from "./part.ts";
import { serviceParts } from "./parts.ts";
import { openConfiguredArtefacts, openConfiguredLog, openConfiguredStore } from "./storage.ts";
import { Telemetry } from "./telemetry.ts";

/** How often the chain is asked for what only it knows at the first start, ms. */
const ASK_MS = 1000;
const TICK_MS = 1000;
/** Requests under way are given this long at the end, ms. */
const DRAIN_MS = 10_000;

export interface RunOptions {
  readonly config: WrittenConfig;
  readonly clock: Clock;
  readonly log: Log;
  /** Aborted when the service shall end. */
  readonly stop: AbortSignal;
  /** Command of a worker (pipeline/worker-processes.ts). */
  readonly workerCommand: readonly string[];
  /** Called once, when the API listens. */
  readonly onListening?: (address: { readonly url: string; readonly key: string }) => void;
}

/** Runs until `stop`. Throws ORC_BAD_CONFIG, ORC_BAD_KEY, ORC_WRONG_NETWORK, ORC_LOG_BUSY, ORC_LISTEN_FAILED, and what opening files throws. */
export async function runService(options: RunOptions): Promise<void> {
  const { log, stop } = options;
  const ending = new AbortController();
  const actors: Promise<void>[] = [];
  const process: Process = {
    ended: AbortSignal.any([stop, ending.signal]),
    closers: [],
    act(actor) {
      actors.push(actor);
      // What cannot go on ends the service: half an oracle would look like a whole one.
      actor.catch(() => ending.abort());
    },
  };
  try {
    await serve(options, process);
    await whenAborted(process.ended);
    log.info("the oracle stops");
  } finally {
    ending.abort();
    await Promise.allSettled(actors);
    // The last that was opened is closed first: requests end before the log they wait for.
    for (const close of process.closers.toReversed()) await close();
  }
  // What failed is the answer.
  await Promise.all(actors);
  log.info("the oracle has stopped");
}

/** What has to come to an end. */
interface Process {
  /** Aborted when the service ends, for whatever reason. */
  readonly ended: AbortSignal;
  /** Takes a part that works until `ended`. */
  readonly act: (actor: Promise<void>) => void;
  readonly closers: (() => Promise<void> | void)[];
}

/** Opens, starts and listens; comes back when all of it runs, or when it shall end before that. */
async function serve({ config, clock, log, onListening, workerCommand }: RunOptions, { ended, act, closers }: Process) {
  const { folder } = config.data;
  const signer = configuredSigner(config, true);
  const networkClock = new NetworkClock(clock, log.for("clock"));
  const telemetry = new Telemetry();
  const registry = new RegistryBook();
  const sources = accountSources(config);
  const chain = { config, log, telemetry };
  const quorum = networkQuorum(chain);
  const watch = watchRegistry(config, sources, quorum, registry, clock, log);
  watch.loadCache();
  act(watch.run(ended));
  const network = await Promise.race([watch.network, whenAborted(ended)]);
  if (network === undefined) return;

  const known = knownRules(network, config.network, rewardAccountsOf(network));
  const epoch = known[0]!.epochAt(networkClock.nowMs());
  const rules = rulesOfEpoch(known, network.parameters, epoch);
  if ("why" in rules) throw oracleError("ORC_WRONG_NETWORK", rules.why);
  const { time } = rules.parameters;
  const store = await openConfiguredStore(config);
  closers.push(() => store.close());
  const artefacts = openConfiguredArtefacts(config);
  const identity = {
    network: rules.network,
    ingestKey: signer.publicKey,
    partitions: config.ingest.partitions,
    segmentMs: segmentSpanMs(time),
  };
  const plan = await planOf(store, identity, time, () =>
    firstEpochOf(networkConnection(chain), network, clock, log, ended),
  );
  if (plan === undefined) return;
  const reportLog = await openConfiguredLog(config, identity);
  closers.push(() => reportLog.close());
  const entropyFile = new EntropyFile(join(folder, "entropy.records"), time.entropyMs);
  closers.push(() => entropyFile.close());
  const entropy = new EntropyBook();
  for (const record of entropyFile.takeRecords()) entropy.add(record);
  const polls = new LongPolls(clock, config.http.max_waiting);
  const shared = { config, rules, signer, registry, entropy, polls, reportLog, networkClock, clock, log, telemetry };
  const context: OracleContext = { ...shared, store, artefacts, plan };
  const history = agreedHistory(sources, quorum);
  const address = networkAddress({ network: config.network });
  const registryOf = new AgreedRegistry({ sources, network: address, quorum, steadyMs: () => clock.steadyMs() });
  const accountsAt = sources.length > 1 ? (slot: number) => registryOf.read(slot) : undefined;
  const parts = await serviceParts(context, { entropyFile, network, known, watch, history, accountsAt, workerCommand });
  for (const { close } of parts) if (close !== undefined) closers.push(close);
  countState(context, watch);
  const app = await createApi({
    proxies: config.http.proxies,
    maxConnections: config.http.max_connections,
    maxPerClient: config.http.max_per_address,
    onTurnedAway: (what) => telemetry.turnedAway(what),
    log: log.for("http"),
    rules,
    effectiveEpoch: heldFrom(network.parameters, epoch),
    telemetry,
    faults: () => faultsOf(parts, watch),
    parts,
  });
  closers.push(() => closeWithin(app, clock));
  closers.push(() => polls.close());

  const { host, port } = hostAndPort(config.http.listen);
  const url = await app.listen({ host, port }).catch((cause) => {
    throw oracleError("ORC_LISTEN_FAILED", `${config.http.listen}: ${(cause as Error).message}`, { cause });
  });
  for (const { run } of parts) if (run !== undefined) act(run(ended));
  act(tickAll(parts, networkClock, clock, ended));
  const key = keyToText(signer.publicKey);
  log.info("the oracle answers", { url, key, network: rules.network, parameters: rules.parameters.name });
  onListening?.({ url, key });
}

/** The plan of the store; a new one begins after what was taken over, or with the first epoch that is not final on chain. Undefined when it shall end before that. */
async function planOf(
  store: Store,
  log: PipelinePlan["log"],
  time: PipelinePlan["time"],
  firstEpoch: () => Promise<number | undefined>,
): Promise<PipelinePlan | undefined> {
  const last = await lastClosedEpoch(store);
  const first = (await readPlan(store))?.firstEpoch ?? (last === undefined ? await firstEpoch() : last.epoch + 1);
  if (first === undefined) return undefined;
  const plan = { log, time, firstEpoch: first };
  await putPlan(store, plan);
  return plan;
}

/** Asks until enough endpoints answer. */
async function firstEpochOf(
  connection: ReturnType<typeof networkConnection>,
  network: NetworkAccount,
  clock: Clock,
  log: Log,
  ended: AbortSignal,
) {
  const view = rewardsView(connection, network);
  while (!ended.aborted) {
    try {
      return (await view.state()).nextFinal;
    } catch (error) {
      if (error instanceof CodedError && error.code === "ORC_WRONG_NETWORK") throw error;
      log.complain("first epoch", "the chain does not say which epoch is the next", { error: String(error) });
      await sleep(clock, ASK_MS, ended);
    }
  }
  return undefined;
}

async function tickAll(parts: readonly ServicePart[], networkClock: NetworkClock, clock: Clock, ended: AbortSignal) {
  while (!ended.aborted) {
    networkClock.check();
    for (const { tick } of parts) tick?.();
    await sleep(clock, TICK_MS, ended);
  }
}

/** Lets requests under way be answered, but not for ever. */
async function closeWithin(app: HttpApp, clock: Clock): Promise<void> {
  const drained = new AbortController();
  await Promise.race([app.close(), sleep(clock, DRAIN_MS, drained.signal)]);
  drained.abort();
}

function accountSources({ chain }: WrittenConfig): readonly RpcAccounts[] {
  const times = { timeoutMs: durationMs(chain.timeout), allTimeoutMs: durationMs(chain.registry_timeout) };
  return chain.rpc.map((url) => new RpcAccounts({ url, ...times }));
}

function watchRegistry(
  { chain, data, network }: WrittenConfig,
  sources: readonly RpcAccounts[],
  quorum: Quorum,
  book: RegistryBook,
  clock: Clock,
  log: Log,
): RegistryWatch {
  return new RegistryWatch({
    sources,
    network: networkAddress({ network }),
    quorum,
    book,
    file: join(data.folder, "registry.cache"),
    resyncMs: durationMs(chain.registry_resync),
    clock,
    log: log.for("registry"),
  });
}

function faultsOf(parts: readonly ServicePart[], registryWatch: RegistryWatch): Record<string, string> {
  const faults: Record<string, string> = {};
  for (const { name, fault } of parts) {
    const found = fault?.();
    if (found !== undefined) faults[name] = found;
  }
  if (registryWatch.ageMs === undefined) faults.registry = "the chain has not been read; what was known before is used";
  return faults;
}

function countState({ telemetry, registry, networkClock }: ServiceContext, registryWatch: RegistryWatch): void {
  const inSeconds = (ms: number | undefined) => (ms === undefined ? undefined : ms / 1000);
  telemetry.gauge("oracle_registry_hotspots", "Hotspots in the registry.", () => registry.hotspotCount);
  telemetry.gauge("oracle_registry_payers", "Payers in the registry.", () => registry.payerCount);
  telemetry.gauge("oracle_registry_age_seconds", "Since the registry was last heard of.", () =>
    inSeconds(registryWatch.ageMs),
  );
  telemetry.gauge(
    "oracle_clock_wall_error_seconds",
    "Wall clock less the oracle's time.",
    () => networkClock.wallErrorMs / 1000,
  );
  telemetry.gauge("oracle_clock_chain_error_seconds", "The oracle's time less the chain's.", () =>
    inSeconds(networkClock.chainErrorMs),
  );
}
