export * from "./beacon.ts";
export * from "./chacha12.ts";
export * from "./importer.ts";
export { buildRegistry, heliumKeyBytes, type Registry, type RegistryEntry } from "./registry.ts";
export * from "./reports.ts";
export type { SetAside } from "./set-aside.ts";
