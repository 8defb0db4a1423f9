/**
 * Keeps the signed route lists of the agent's hotspots: asks the oracles, keeps the last list of each hotspot on disk, and takes
 * routes back when their list expires.
 *
 * An oracle that cannot be reached changes nothing before the expiry. A list older than the one held is not taken, so nobody who
 * replays an old answer brings a withdrawn route back.
 */
import type { DeviceSigner, RouteList } from "@earshot/poc/protocol";
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { GatewayEui } from "../messages.ts";
import type { OracleClient } from "../proof/oracle-client.ts";
import type { StateFiles } from "../proof/state-files.ts";
import type { TrustedSigners } from "../proof/trusted-signers.ts";
import { Bell } from "../proof/wait.ts";
import type { Counter, Telemetry } from "../telemetry.ts";
import { checkRouteList } from "./route-list.ts";
import type { HotspotRoutes } from "./route-plan.ts";

export interface RouteHotspot {
  readonly gatewayEui: GatewayEui;
  readonly gatewayId: string;
  readonly keyText: string;
  readonly signer: DeviceSigner;
}

export interface RouteWatcherOptions {
  /** Asked in order, until one gives a list. */
  readonly oracles: readonly Pick<OracleClient, "name" | "routes">[];
  readonly signers: TrustedSigners;
  readonly network: number;
  readonly files: StateFiles;
  readonly clock: Clock;
  /** The network's time, ms. */
  readonly networkNowMs: () => number;
  readonly log: Log;
  readonly telemetry: Telemetry;
  /** The lists in force changed; called with all of them. */
  readonly onRoutes: (hotspots: readonly HotspotRoutes[]) => void;
}

const refreshMs = 600_000;
const minPauseMs = 10_000;
const retryMs = 30_000;
const firstRetryMs = 2000;

interface Watched extends RouteHotspot {
  list: RouteList | null;
  askAtMs: number;
  failures: number;
}

export class RouteWatcher {
  readonly #options: RouteWatcherOptions;
  readonly #bell = new Bell();
  readonly #watched = new Map<GatewayEui, Watched>();
  readonly #answers: Counter;

  constructor(options: RouteWatcherOptions) {
    this.#options = options;
    this.#answers = options.telemetry.counter("agent_route_lists_total", "Route lists asked for, by outcome.");
  }

  /** Takes up the list that the disk has and asks for a new one soon. */
  async addHotspot(hotspot: RouteHotspot): Promise<void> {
    const { gatewayEui } = hotspot;
    if (this.#watched.has(gatewayEui)) return;
    const watched: Watched = { ...hotspot, list: null, askAtMs: this.#options.clock.nowMs(), failures: 0 };
    this.#watched.set(gatewayEui, watched);
    const kept = await this.#read(watched);
    if (kept !== null && watched.list === null) {
      watched.list = kept;
      this.#publish();
    }
    this.#bell.ring();
  }

  /** Asks, and withdraws what expired, until `stop`. */
  async run(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      this.#withdrawExpired();
      const now = this.#options.clock.nowMs();
      for (const watched of [...this.#watched.values()]) {
        if (watched.askAtMs <= now) await this.#ask(watched, stop);
      }
      await this.#bell.wait(this.#options.clock, this.#nextMs(), stop);
    }
  }

  #nextMs(): number | null {
    const { clock, networkNowMs } = this.#options;
    const waits = [...this.#watched.values()].flatMap(({ askAtMs, list }) => [
      askAtMs - clock.nowMs(),
      ...(list === null ? [] : [list.validUntilMs - networkNowMs()]),
    ]);
    return waits.length === 0 ? null : Math.max(1, Math.min(...waits));
  }

  #withdrawExpired(): void {
    const { networkNowMs, log } = this.#options;
    const now = networkNowMs();
    let isChanged = false;
    for (const watched of this.#watched.values()) {
      if (watched.list === null || watched.list.validUntilMs > now) continue;
      log.warn("the route list expired: its routes are withdrawn", { gatewayId: watched.gatewayId });
      watched.list = null;
      isChanged = true;
    }
    if (isChanged) this.#publish();
  }

  async #ask(watched: Watched, stop: AbortSignal): Promise<void> {
    const { oracles, clock, log } = this.#options;
    for (const oracle of oracles) {
      const answer = await oracle.routes(watched.keyText, watched.signer, this.#options.networkNowMs(), stop);
      if (stop.aborted) return;
      if (answer.status !== "ok") {
        this.#answers.add({ outcome: answer.status });
        continue;
      }
      const checked = this.#check(answer.object, watched);
      if (checked.status === "refused") {
        this.#answers.add({ outcome: checked.reason });
        log.complain(`routes ${checked.reason}`, `a route list is not believed: ${checked.reason}`, {
          oracle: oracle.name,
        });
        continue;
      }
      const { list } = checked;
      if (watched.list !== null && list.issuedMs < watched.list.issuedMs) {
        this.#answers.add({ outcome: "older" });
        continue;
      }
      this.#answers.add({ outcome: "taken" });
      await this.#take(watched, list, answer.object);
      return;
    }
    watched.failures++;
    watched.askAtMs = clock.nowMs() + Math.min(retryMs, firstRetryMs * 2 ** Math.min(10, watched.failures - 1));
  }

  async #take(watched: Watched, list: RouteList, answer: unknown): Promise<void> {
    const { clock, networkNowMs, files, log } = this.#options;
    const halfLifeMs = (list.validUntilMs - networkNowMs()) / 2;
    watched.failures = 0;
    watched.askAtMs = clock.nowMs() + Math.max(minPauseMs, Math.min(refreshMs, halfLifeMs));
    const isNews = watched.list === null || JSON.stringify(list) !== JSON.stringify(watched.list);
    watched.list = list;
    if (!isNews) return;
    this.#publish();
    try {
      await files.replace(fileName(watched), Buffer.from(JSON.stringify(answer)));
    } catch (error) {
      log.complain("route cache", "the route list cannot be kept on disk", { error: String(error) });
    }
  }

  async #read(watched: Watched): Promise<RouteList | null> {
    const { files, log } = this.#options;
    try {
      const bytes = await files.read(fileName(watched));
      if (bytes === null) return null;
      const checked = this.#check(JSON.parse(Buffer.from(bytes).toString("utf8")), watched);
      if (checked.status === "ok") return checked.list;
      log.info("the route list on disk is not used", { reason: checked.reason });
    } catch (error) {
      log.complain("route cache", "the route list on disk cannot be read", { error: String(error) });
    }
    return null;
  }

  #check(answer: unknown, watched: Watched): ReturnType<typeof checkRouteList> {
    const { signers, network, networkNowMs } = this.#options;
    return checkRouteList(answer, { signers, network, keyText: watched.keyText, nowMs: networkNowMs() });
  }

  #publish(): void {
    this.#options.onRoutes(
      [...this.#watched.values()].flatMap(({ gatewayEui, gatewayId, list }) =>
        list === null ? [] : [{ gatewayEui, gatewayId, list }],
      ),
    );
  }
}

function fileName({ gatewayEui }: RouteHotspot): string {
  return `${gatewayEui}.json`;
}
