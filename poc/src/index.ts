export * from "./epoch/columns.ts";
export * from "./epoch/tables.ts";
export * from "./errors.ts";
export * from "./parameters/network-parameters.ts";
export * from "./parameters/presets/demo.ts";
export * from "./parameters/presets/earshot.ts";
export * from "./parameters/presets/helium.ts";
export * from "./verify/reason.ts";
