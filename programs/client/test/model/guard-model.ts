/** The guard as it should be, in bigint: a bucket that leaks `limit` a window, a cap for ever, a switch. Times are Unix seconds. */
export interface GuardModel {
  limit: bigint;
  windowS: bigint;
  /** Base units × seconds of the window. */
  level: bigint;
  at: bigint;
  out: bigint;
  readonly cap: bigint;
  paused: boolean;
  /** What was let out when, for the bound over any window. */
  readonly history: { readonly at: bigint; readonly amount: bigint; readonly limit: bigint }[];
}

export function newGuard(limit: bigint, windowS: bigint, cap: bigint, now: bigint): GuardModel {
  return { limit, windowS, level: 0n, at: now, out: 0n, cap, paused: false, history: [] };
}

function settled({ level, at, limit }: GuardModel, now: bigint): bigint {
  const leaked = now > at ? (now - at) * limit : 0n;
  return level > leaked ? level - leaked : 0n;
}

/** Why so much cannot be let out now, or null. */
export function guardRefusal(guard: GuardModel, amount: bigint, now: bigint): string | null {
  if (guard.paused) return "Paused";
  if (amount === 0n) return "ZeroAmount";
  if (settled(guard, now) + amount * guard.windowS > guard.limit * guard.windowS) return "LimitExceeded";
  return guard.out + amount > guard.cap ? "LifetimeCapExceeded" : null;
}

/** The most that can be let out now. */
export function roomOf(guard: GuardModel, now: bigint): bigint {
  const free = guard.limit * guard.windowS - settled(guard, now);
  return free > 0n ? free / guard.windowS : 0n;
}

export function letOut(guard: GuardModel, amount: bigint, now: bigint): void {
  guard.level = settled(guard, now) + amount * guard.windowS;
  guard.at = now > guard.at ? now : guard.at;
  guard.out += amount;
  guard.history.push({ at: now, amount, limit: guard.limit });
}

export function setLimit(guard: GuardModel, limit: bigint, windowS: bigint, now: bigint): void {
  const units = (settled(guard, now) + guard.windowS - 1n) / guard.windowS;
  Object.assign(guard, { level: units * windowS, at: now > guard.at ? now : guard.at, limit, windowS });
}
