export * from "./cell.ts";
export * from "./distance.ts";
export * from "./errors.ts";
export * from "./h3.ts";
export * from "./position.ts";
export * from "./trig.ts";
