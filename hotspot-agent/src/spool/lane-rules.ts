/** What one destination wants of order, pace and age, and what follows for a single packet. Pure: times are arguments. */
import type { ReplayMode } from "../messages.ts";

export interface LaneRules {
  /** Between two frames of one device, ms. */
  readonly spacingMs: number;
  /** Packets that are being sent at once, all devices. */
  readonly maxInFlight: number;
  /** A packet that waited longer than this is a replay, ms. */
  readonly liveMs: number;
  /** Replays a second over all devices, on top of what arrives: how fast a backlog shrinks. */
  readonly replayPerSecond: number;
  readonly joinMaxAgeMs: number;
  readonly maxAgeMs: number;
  readonly replay: ReplayMode;
}

export type StaleReason = "too_old" | "join_too_old" | "replay_off";

/** Whether a packet of this age is a replay. */
export function isReplay(ageMs: number, { liveMs }: LaneRules): boolean {
  return ageMs > liveMs;
}

/** Why a packet of this age is not sent any more; null while it is. */
export function staleReason(ageMs: number, isJoin: boolean, rules: LaneRules): StaleReason | null {
  const { replay, joinMaxAgeMs, maxAgeMs, liveMs } = rules;
  if (ageMs > maxAgeMs) return "too_old";
  if (isJoin && replay !== "all" && ageMs > joinMaxAgeMs) return "join_too_old";
  return replay === "off" && ageMs > Math.max(liveMs, joinMaxAgeMs) ? "replay_off" : null;
}
