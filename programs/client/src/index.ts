/** The client of the programs: what the oracle's settlement and the CLIs use. The local chain is `./localnet`. */
export * from "./errors.ts";
export type { RootTuple } from "./generated/rewards.ts";
export * from "./sdk/addresses.ts";
export { chainSeconds } from "./sdk/chain-clock.ts";
export { claimOne, claimTransactions, type WalletClaim } from "./sdk/claim-crank.ts";
export * from "./sdk/claim-proof.ts";
export * from "./sdk/create-network.ts";
export * from "./sdk/data-credits.ts";
export { findNetwork } from "./sdk/find-network.ts";
export * from "./sdk/lookup-table.ts";
export * from "./sdk/network-plan.ts";
export * from "./sdk/onboard.ts";
export { ARTIFACTS, type ProgramError, type ProgramEvent, Programs } from "./sdk/programs.ts";
export * from "./sdk/rewards.ts";
export * from "./sdk/routers.ts";
export * from "./sdk/send.ts";
export type { Act, BatchAct } from "./sdk/settle-once.ts";
export { Settlement } from "./sdk/settlement.ts";
