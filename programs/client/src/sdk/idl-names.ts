/** The programs, the files of their IDLs, and how names of an IDL are written in TypeScript. */

/** Program → its artefacts' name. */
export const PROGRAM_FILES = {
  guard: "guard",
  registry: "registry",
  dataCredits: "data_credits",
  rewards: "rewards",
  governance: "governance",
} as const;

/** `price_e8` → `priceE8`, `HotspotKind` → `hotspotKind`: as Anchor's client renames an IDL. */
export function camelName(name: string): string {
  const joined = name.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  return joined.charAt(0).toLowerCase() + joined.slice(1);
}

/** The name of a type, as the program spells it. */
export function typeName(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
