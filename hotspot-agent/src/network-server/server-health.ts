/**
 * Whether a network server behind a broker takes packets, as a pure state machine: the time is an argument.
 *
 * A broker that is up with ChirpStack down acknowledges publishes and throws them away; with MQTT 5 it says so (PUBACK reason 16).
 * Such a server gets one packet as a trial after growing pauses, and nothing else until a trial is taken. 3.1.1 knows no reasons:
 * there health rests on the connection and on how fast publishes are acknowledged.
 */

export type HealthState =
  /** No connection. */
  | "down"
  /** Connected, and nothing speaks against it. */
  | "up"
  /** Connected, but the broker had nobody to give the last packet to. */
  | "no_subscribers"
  /** Connected, but the broker refuses our publishes: its access rules, a quota. */
  | "rejected"
  /** Connected, but a publish waits for its ack longer than it may. */
  | "slow";

type Doubt = "no_subscribers" | "rejected";

export interface Health {
  readonly state: HealthState;
  /** For a person; null while up. */
  readonly problem: string | null;
  /** Since when it is up without a break; null while it is not. */
  readonly upSinceMs: number | null;
  /** The last verdict against it that no delivery has refuted, also while it is down; trials that failed; when the next is due. */
  readonly doubt: Doubt | null;
  readonly failedTrials: number;
  readonly trialDueMs: number;
}

export type HealthEvent =
  | { readonly kind: "connected" }
  | { readonly kind: "disconnected"; readonly reason: string }
  | { readonly kind: "delivered" }
  | { readonly kind: "no_subscribers" }
  | { readonly kind: "rejected" }
  | { readonly kind: "overdue"; readonly waitedMs: number };

const firstTrialMs = 1000;
const longestTrialMs = 15_000;

export const initialHealth: Health = {
  state: "down",
  problem: "It was not connected yet.",
  upSinceMs: null,
  doubt: null,
  failedTrials: 0,
  trialDueMs: 0,
};

const problems = {
  no_subscribers:
    "The broker takes packets but nobody is listening: the network server is down, or listens under another topic prefix.",
  rejected:
    "The broker refuses our packets: its access rules do not allow this gateway's topics, or a quota is used up.",
} as const;

/** The health after an event. */
export function stepHealth(health: Health, event: HealthEvent, nowMs: number): Health {
  switch (event.kind) {
    case "connected":
      // What the broker said before still holds: connecting again makes no subscriber.
      if (health.doubt === null) return up(nowMs);
      return { ...failed(health, health.doubt, nowMs, health.failedTrials), trialDueMs: nowMs + firstTrialMs };
    case "disconnected":
      return { ...health, state: "down", problem: `Not connected: ${event.reason}.`, upSinceMs: null };
    case "delivered":
      if (health.state === "down" || health.state === "up") return health;
      return up(nowMs);
    case "no_subscribers":
    case "rejected":
      if (health.state === "down") return health;
      if (health.state === event.kind && nowMs < health.trialDueMs) return health;
      return failed(health, event.kind, nowMs, health.failedTrials + 1);
    case "overdue":
      if (health.state !== "up" && health.state !== "slow") return health;
      return {
        ...health,
        state: "slow",
        problem: `The broker has not acknowledged a packet for ${Math.round(event.waitedMs / 1000)} s.`,
        upSinceMs: null,
      };
  }
}

function up(nowMs: number): Health {
  return { state: "up", problem: null, upSinceMs: nowMs, doubt: null, failedTrials: 0, trialDueMs: 0 };
}

function failed(health: Health, doubt: Doubt, nowMs: number, failedTrials: number): Health {
  const pauseMs = Math.min(longestTrialMs, firstTrialMs * 2 ** Math.min(10, failedTrials - 1));
  return {
    ...health,
    state: doubt,
    problem: problems[doubt],
    upSinceMs: null,
    doubt,
    failedTrials,
    trialDueMs: nowMs + pauseMs,
  };
}

/** Whether packets may go to it now without doubt. */
export function isHealthy(health: Health): boolean {
  return health.state === "up";
}

/** Whether one packet may be risked to see if it takes packets again. */
export function isTrialDue(health: Health, nowMs: number): boolean {
  return (health.state === "no_subscribers" || health.state === "rejected") && nowMs >= health.trialDueMs;
}
