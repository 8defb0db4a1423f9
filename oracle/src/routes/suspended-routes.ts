/** Routes that agents are told to leave alone, and why: their payer contests too much, or owes more than its escrows hold. */

export type SuspensionReason = "contested" | "arrears";

export class SuspendedRoutes {
  readonly #reasons = new Map<SuspensionReason, ReadonlySet<number>>();

  /** Says anew which routes are suspended for a reason; others of that reason are restored. */
  set(reason: SuspensionReason, routeIds: Iterable<number>): void {
    this.#reasons.set(reason, new Set(routeIds));
  }

  /** Why a route is suspended; empty for one that is not. */
  reasonsOf(routeId: number): readonly SuspensionReason[] {
    return [...this.#reasons].flatMap(([reason, routeIds]) => (routeIds.has(routeId) ? [reason] : []));
  }
}
