/** The oracle as a library: epoch folders, the upload log, loading, scoring, auditing and explaining; the CLI is in cli/. */
export { type AuditOptions, auditFolder, type EpochAudit } from "./audit/audit-folder.ts";
export { auditRun, type RunAudit } from "./audit/audit-run.ts";
export { type Finding, findingText } from "./audit/finding.ts";
export {
  type FolderInput,
  readEpochInput,
  readEpochOutput,
  type StoredOutput,
  verifyUploadFiles,
  writeEpochInput,
  writeEpochOutput,
} from "./epoch-folder/folder.ts";
export { epochFolderName, epochFolders } from "./epoch-folder/run-folder.ts";
export * from "./errors.ts";
export { explainHotspot } from "./explain/explain-hotspot.ts";
export type { Explanation } from "./explain/explanation.ts";
export { deriveChallenges } from "./load/derive-challenges.ts";
export type { Intake } from "./load/intake.ts";
export { loadUploads } from "./load/load-uploads.ts";
export { type LogRecord, readLog } from "./log/segment-reader.ts";
export { SegmentWriter } from "./log/segment-writer.ts";
export { type ScoredFolder, scoreFolder } from "./score/score-folder.ts";
export { type ScoreOptions, scoreInput } from "./score/score-input.ts";
export { type SimulateOptions, type SimulateResult, simulate } from "./simulate/index.ts";
