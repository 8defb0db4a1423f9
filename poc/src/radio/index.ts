export * from "./path-loss.ts";
