/**
 * The actor that keeps the network's time and rules: asks every oracle for a signed time now and then, and one for the parameters.
 *
 * Says when this machine's clock is off: the beacons do not depend on it, but logs, certificates and network servers do.
 */
import type { Clock } from "../clock.ts";
import type { HotspotIdentity } from "../keyring.ts";
import type { Log } from "../log.ts";
import type { Telemetry } from "../telemetry.ts";
import type { NetworkClock } from "./network-clock.ts";
import type { OracleClient } from "./oracle-client.ts";
import { EARSHOT_PARAMETERS, type ProofParameters, readParameters } from "./proof-parameters.ts";
import { Backoff, sleep } from "./wait.ts";

/** A signed time of each oracle at least this often, ms: a crystal drifts 60 ms in it. */
const ASK_INTERVAL_MS = 600_000;
const RETRY_MS = { first: 2000, cap: 120_000 } as const;

export interface OracleWatchOptions {
  readonly clients: readonly OracleClient[];
  readonly identity: HotspotIdentity;
  readonly network: number;
  readonly networkClock: NetworkClock;
  readonly clock: Clock;
  readonly log: Log;
  readonly telemetry: Telemetry;
  readonly random: () => number;
}

export class OracleWatch {
  readonly #options: OracleWatchOptions;
  readonly #offset;
  readonly #wallError;
  #parameters: ProofParameters = EARSHOT_PARAMETERS;
  #parametersProblem: string | null = null;
  readonly #heard = Promise.withResolvers<void>();

  constructor(options: OracleWatchOptions) {
    this.#options = options;
    const { telemetry } = options;
    this.#offset = telemetry.gauge("agent_network_clock_offset_ms", "Network time less the agent's steady clock.");
    this.#wallError = telemetry.gauge("agent_system_clock_error_ms", "System clock less network time.");
  }

  /** The rules in force, as last heard. */
  get parameters(): ProofParameters {
    return this.#parameters;
  }

  /** Why those that an oracle names are not in force; null where they are, or none came. */
  get parametersProblem(): string | null {
    return this.#parametersProblem;
  }

  /** Resolves when every oracle was asked once, whatever it said, or at `stop`. */
  async heard(stop: AbortSignal): Promise<void> {
    const stopped = Promise.withResolvers<void>();
    const abort = () => stopped.resolve();
    if (stop.aborted) abort();
    stop.addEventListener("abort", abort);
    await Promise.race([this.#heard.promise, stopped.promise]);
    stop.removeEventListener("abort", abort);
  }

  /** Runs until `stop`. */
  async run(stop: AbortSignal): Promise<void> {
    const { clock, random } = this.#options;
    const backoff = new Backoff(RETRY_MS.first, RETRY_MS.cap, random);
    while (!stop.aborted) {
      const isComplete = await this.once(stop);
      if (isComplete) backoff.reset();
      await sleep(clock, isComplete ? ASK_INTERVAL_MS : backoff.next(), stop);
    }
  }

  /** Asks every oracle once; true if all gave a time and one the parameters. */
  async once(stop: AbortSignal): Promise<boolean> {
    const { clients } = this.#options;
    const times = await Promise.all(clients.map((client) => this.#askTime(client, stop)));
    const hasParameters = await this.#askParameters(stop);
    this.#sayClock();
    this.#heard.resolve();
    return hasParameters && times.every((given) => given);
  }

  async #askTime(client: OracleClient, stop: AbortSignal): Promise<boolean> {
    const { identity } = this.#options;
    const head = await client.chainHead(identity.keyText, identity.signer.publicKey, stop);
    if (head.status === "ok") return true;
    // An oracle that does not know this device yet has the time all the same.
    return head.status === "refused" && (await client.logTime(stop)).status === "ok";
  }

  async #askParameters(stop: AbortSignal): Promise<boolean> {
    const { clients, network, log } = this.#options;
    for (const client of clients) {
      const answer = await client.parameters(stop);
      if (answer.status !== "ok") continue;
      const read = readParameters(answer.object, network);
      if (!("problem" in read)) {
        this.#parameters = read;
        this.#parametersProblem = null;
        return true;
      }
      this.#parametersProblem = `${client.name}: ${read.problem}`;
      log.complain("parameters", "an oracle's parameters are not usable", {
        oracle: client.name,
        problem: read.problem,
      });
    }
    return false;
  }

  #sayClock(): void {
    const { networkClock, log } = this.#options;
    const { offsetMs, wallErrorMs, isWallOff, sources } = networkClock.status();
    if (sources === 0) return;
    this.#offset.set(Math.round(offsetMs));
    this.#wallError.set(Math.round(wallErrorMs));
    if (isWallOff) log.complain("clock", "this machine's clock is off", { errorMs: Math.round(wallErrorMs) });
  }
}
