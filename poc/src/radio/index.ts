export * from "./data-rate.ts";
export * from "./link-budget.ts";
export * from "./path-loss.ts";
export * from "./region.ts";
export * from "./region-rules.ts";
export * from "./time-on-air.ts";
