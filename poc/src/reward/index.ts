/** From shares to money: what an epoch issues, how it is split, and the tree that proves what every wallet is owed. */
export * from "./allocation.ts";
export * from "./amount.ts";
export * from "./emission-schedule.ts";
export * from "./epoch-budget.ts";
export * from "./halving-schedule.ts";
export * from "./helium-rewards.ts";
export * from "./ledger.ts";
export * from "./merkle-sum-tree.ts";
export * from "./wallet-order.ts";
