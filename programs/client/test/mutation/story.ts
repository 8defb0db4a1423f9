/**
 * Every instruction of the five programs once, in an order in which each of them succeeds. Two networks live through it side by side on
 * one chain, so that at every step there is a second one whose accounts are of the same types and in the same state.
 *
 * Every signer of an instruction is a wallet of its own: a role that also pays would keep its signature when the other is dropped.
 */
import { DATA_CREDITS } from "./story/data-credits.ts";
import { GOVERNANCE } from "./story/governance.ts";
import { GUARD } from "./story/guard.ts";
import { REGISTRY } from "./story/registry.ts";
import { REWARDS } from "./story/rewards.ts";
import type { Step } from "./story/step.ts";

export const STORY: readonly Step[] = [...GUARD, ...DATA_CREDITS, ...REGISTRY, ...REWARDS, ...GOVERNANCE];
