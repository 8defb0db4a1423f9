/** The manifest of an epoch folder from its two halves in memory. */
import { buildManifest, type EpochManifest, type EpochOutput } from "@earshot/poc";
import type { FolderInput } from "../epoch-folder/folder.ts";
import { uploadsDigest } from "../load/intake.ts";

export function folderManifest(input: FolderInput, output: EpochOutput): EpochManifest {
  return buildManifest(input, output, {
    ...input,
    network: input.header.network,
    uploads: uploadsDigest(input.intake),
  });
}
