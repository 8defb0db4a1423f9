/**
 * Which server of a group takes a packet: the first healthy one in the configured order, or a trial for one in doubt. Pure but for
 * what it remembers: who takes a gateway's packets now, and which trials run. Times are arguments.
 */
import type { GatewayEui, UplinkPacket } from "../messages.ts";
import type { NetworkServer } from "./network-server.ts";
import { isHealthy, isTrialDue } from "./server-health.ts";
import type { ServerSession } from "./server-session.ts";

export type Choice =
  | { readonly kind: "send" | "trial"; readonly server: NetworkServer; readonly session: ServerSession }
  /** A trial runs; choose again when it settled. */
  | { readonly kind: "wait"; readonly trial: Promise<unknown> };

export class ServerChoice {
  readonly #servers: readonly NetworkServer[];
  readonly #failbackMs: number;
  /** Position of the server that takes a gateway's packets. */
  readonly #active = new Map<GatewayEui, number>();
  readonly #trials = new Map<ServerSession, Promise<unknown>>();

  /** `servers` in the order of preference; one that came back takes over again after `failbackMs` of health. */
  constructor(servers: readonly NetworkServer[], failbackMs: number) {
    this.#servers = servers;
    this.#failbackMs = failbackMs;
  }

  /** Position of the server that takes a gateway's packets now. */
  activeFor(gatewayEui: GatewayEui): number {
    return this.#active.get(gatewayEui) ?? 0;
  }

  /** A session gets one packet as a trial, and no other before it settled. */
  trialBegun(session: ServerSession, sending: Promise<unknown>): void {
    this.#trials.set(session, sending);
    void sending.then(() => this.#trials.delete(session));
  }

  /** Who gets a packet, of those not `tried` with it; null while nobody can take it. */
  choose(packet: UplinkPacket, tried: ReadonlySet<ServerSession>, now: number): Choice | null {
    const { gatewayEui } = packet;
    const admitting = this.#servers.flatMap((server, position) => {
      // With one server `accepts` has said so already.
      if (this.#servers.length > 1 && !server.accepts(packet)) return [];
      const session = server.session(gatewayEui);
      return session === null ? [] : [{ server, position, session }];
    });
    const candidates = admitting.filter(({ session }) => !tried.has(session));
    const chosen = this.#preferred(gatewayEui, candidates, now);
    const trial = candidates.find(
      ({ session, position }) =>
        isTrialDue(session.health, now) &&
        !this.#trials.has(session) &&
        (chosen === null || position < chosen.position),
    );
    if (trial !== undefined) return { kind: "trial", server: trial.server, session: trial.session };
    if (chosen !== null) {
      this.#noteActive(gatewayEui, chosen.position, admitting[0]!.position);
      return { kind: "send", server: chosen.server, session: chosen.session };
    }
    const running = candidates.map(({ session }) => this.#trials.get(session)).find((promise) => promise !== undefined);
    return running === undefined ? null : { kind: "wait", trial: running };
  }

  /** A server that a filter alone makes the first for a packet is no fail-over: others still go to the ones before it. */
  #noteActive(gatewayEui: GatewayEui, chosen: number, first: number): void {
    const active = this.activeFor(gatewayEui);
    if (chosen !== first || chosen < active) this.#active.set(gatewayEui, chosen);
  }

  #preferred<Candidate extends { readonly position: number; readonly session: ServerSession }>(
    gatewayEui: GatewayEui,
    candidates: readonly Candidate[],
    now: number,
  ): Candidate | null {
    const healthy = candidates.filter(({ session }) => isHealthy(session.health));
    const active = this.activeFor(gatewayEui);
    const settled = healthy.find(
      ({ position, session }) => position >= active || now - (session.health.upSinceMs ?? now) >= this.#failbackMs,
    );
    return settled ?? healthy[0] ?? null;
  }
}
