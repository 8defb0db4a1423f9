/**
 * What the service is made of: parts that share one context. A part adds routes, runs until it is told to stop, and says whether it is
 * ready. A new part is a function of the context and its line in service/parts.ts.
 */
import type { DeviceSigner } from "@earshot/poc/protocol";
import type { EntropyBook } from "../challenges/entropy-book.ts";
import type { LongPolls } from "../challenges/long-polls.ts";
import type { WrittenConfig } from "../config/schema.ts";
import type { PipelinePlan } from "../pipeline/plan.ts";
import type { ArtefactStore } from "../ports/artefact-store.ts";
import type { ReportLog } from "../ports/report-log.ts";
import type { Store } from "../ports/store.ts";
import type { RegistryBook } from "../registry/registry-book.ts";
import type { Clock } from "./clock.ts";
import type { HttpApp } from "./http.ts";
import type { Log } from "./log.ts";
import type { NetworkClock } from "./network-clock.ts";
import type { NetworkRules } from "./network-rules.ts";
import type { Telemetry } from "./telemetry.ts";

export interface ServiceContext {
  readonly config: WrittenConfig;
  readonly rules: NetworkRules;
  /** Signs receipts, heads and entropy. */
  readonly signer: DeviceSigner;
  readonly registry: RegistryBook;
  readonly entropy: EntropyBook;
  /** Requests that wait for entropy. */
  readonly polls: LongPolls;
  readonly reportLog: ReportLog;
  readonly networkClock: NetworkClock;
  readonly clock: Clock;
  readonly log: Log;
  readonly telemetry: Telemetry;
}

/** What the parts share that judge, settle and bill. */
export interface OracleContext extends ServiceContext {
  readonly store: Store;
  readonly artefacts: ArtefactStore;
  readonly plan: PipelinePlan;
}

export interface ServicePart {
  /** What logs and /readyz call it. */
  readonly name: string;
  /** Adds routes; before anything listens. */
  readonly routes?: (app: HttpApp) => Promise<void> | void;
  /** Adds routes that no hook sees and no metric counts: where a request is news itself. Called with a scope of its own. */
  readonly uncountedRoutes?: (app: HttpApp) => Promise<void> | void;
  /** Work of its own until `stop`; a rejection ends the service. */
  readonly run?: (stop: AbortSignal) => Promise<void>;
  /** About once a second. Must not throw. */
  readonly tick?: () => void;
  /** Why it cannot do its work at the moment; undefined when it can. */
  readonly fault?: () => string | undefined;
  /** After everything has stopped: makes durable what is not yet. */
  readonly close?: () => Promise<void>;
}
