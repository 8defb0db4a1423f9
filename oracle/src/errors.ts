/** The catalogue of codes that `oracle` throws; see geo/src/errors.ts for the rule of what is an error and what a verdict. */
import { CodedError, type CodedErrorOptions, type ErrorCatalogue } from "@earshot/geo";

export const oracleErrors = {
  ORC_MISSING_FILE:
    "A file that the folder must have is not there: the folder is partly written, or not an epoch folder.",
  ORC_DAMAGED_FILE:
    "A file is truncated, was changed after it was written, or cannot be parsed; fetch or write it again.",
  ORC_FOREIGN_FILE: "A file is of another kind, table or version than its name says.",
  ORC_BAD_ROW: "A row of a table contradicts the rules of its column; the detail names file, column and first row.",
  ORC_BAD_HEADER: "epoch.json or parameters.json holds a value that is missing, of the wrong type or out of its range.",
  ORC_BAD_LOG:
    "A segment of the upload log is cut off, damaged or out of place; the detail names the file and the offset.",
  ORC_READ_FAILED: "The operating system refused to read a file.",
  ORC_WRITE_FAILED:
    "The operating system refused to write a file: disk full, no permission, or a file where a folder should be.",
  ORC_BAD_HOTSPOTS: "A hotspot list lacks a column or has a row that is no hotspot; the detail names file and line.",
  ORC_BAD_OPTION: "An option or argument of a command is out of its range.",
  ORC_UNKNOWN_HOTSPOT: "No hotspot of the epoch, or more than one, answers to the name given.",
  ORC_WORKER_FAILED: "A worker ended before it answered.",
  ORC_RPC_FAILED: "A Solana endpoint gave no answer in time, or one of another shape; the next try may succeed.",
  ORC_RPC_CONTRADICTION:
    "What a Solana endpoint says does not fit together, or not with what was known: it lies, or follows a fork.",
  ORC_BAD_CONFIG: "The configuration is wrong; the detail names each key, where it stands and the nearest valid one.",
  ORC_BAD_KEY: "A key file cannot be read, can be read by others than its owner, or does not hold one key.",
  ORC_WRONG_NETWORK: "Network and parameters do not fit together, or no account of a network is named.",
  ORC_LISTEN_FAILED: "The address of the API cannot be listened at: its port is taken, or not permitted.",
  ORC_BAD_ACCOUNT: "The bytes of an account on chain are not what its program writes.",
  ORC_LOG_UNAVAILABLE:
    "The report log takes no uploads at the moment: disk full, no quorum, or too much in flight. Nothing was acknowledged; send again.",
  ORC_LOG_BUSY: "Another process writes this report log; one at a time can.",
  ORC_STORE_UNAVAILABLE: "The database or the artefact store does not answer, or refused; the next try may succeed.",
  ORC_BAD_SCHEMA: "The database has another schema than this version knows: it is newer, or a migration was changed.",
  ORC_LEASE_LOST: "Another worker holds the lease by now; what was computed is not committed.",
  ORC_CONTRADICTION:
    "Two workers computed different results from the same log: stop, and compare their versions and their copies of it.",
  ORC_RULES_CHANGED: "Other rules came into force that this oracle has: start it again, and it serves them.",
  ORC_NOT_PROVEN:
    "An epoch of another oracle is not what the chain says, or does not follow from its own uploads; the detail is the first difference.",
  ORC_FACTS_LOST:
    "An epoch began while this oracle was away, and its registry cannot be told from the chain any more: take the epoch over from another oracle.",
  ORC_EXPLORER_BUILD: "The explorer's pages cannot be bundled; the detail is what the bundler says.",
  ORC_REFUSED: "An oracle refused what it was asked to do; the detail is its code and what it expected.",
  ORC_DOWNLOAD_FAILED: "An oracle's files cannot be downloaded: it does not answer, or not with what its list says.",
} as const satisfies ErrorCatalogue;

export type OracleErrorCode = keyof typeof oracleErrors;

/** Builds (does not throw) an oracle error; `detail` names the file first where there is one. */
export function oracleError(code: OracleErrorCode, detail: string, options?: CodedErrorOptions): CodedError {
  return new CodedError(code, detail, options);
}
