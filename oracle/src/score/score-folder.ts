/** Scores an epoch folder: reads its input half, judges and pays, writes its output half. */
import { type EpochManifest, type EpochOutput, manifestBytes } from "@earshot/poc";
import { sha256Hex } from "../epoch-folder/durable-file.ts";
import { type FolderInput, readEpochInput, verifyUploadFiles, writeEpochOutput } from "../epoch-folder/folder.ts";
import { folderManifest } from "./folder-manifest.ts";
import { type ScoreOptions, scoreInput } from "./score-input.ts";

/** As the other stages (score-input.ts). */
const WRITING_FROM = 0.7;

export interface ScoredFolder {
  readonly input: FolderInput;
  readonly output: EpochOutput;
  readonly manifest: EpochManifest;
  /** SHA-256 of manifest.json, hex: what the next epoch names as its predecessor. */
  readonly manifestHash: string;
}

/** Throws what `readEpochInput`, the engine and `writeEpochOutput` throw. */
export async function scoreFolder(folder: string, options: ScoreOptions = {}): Promise<ScoredFolder> {
  options.onStage?.(0, "reading");
  const input = readEpochInput(folder);
  // The columns stand for the raw log: results of a folder that lost it could never be audited.
  verifyUploadFiles(folder);
  const output = await scoreInput(input, options);
  options.onStage?.(WRITING_FROM, "writing");
  const manifest = folderManifest(input, output);
  const bytes = manifestBytes(manifest);
  await writeEpochOutput(folder, output, bytes);
  return { input, output, manifest, manifestHash: sha256Hex(bytes) };
}
