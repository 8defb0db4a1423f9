/** The catalogue of codes that the agent throws; see geo/src/errors.ts for the rule of what is an error and what a verdict. */
import { CodedError, type CodedErrorOptions, type ErrorCatalogue } from "@earshot/geo/errors";

export const agentErrors = {
  AGT_SPOOL_LOCKED: "Another agent uses this spool folder; stop it, or give this one a folder of its own.",
  AGT_SPOOL_UNUSABLE:
    "The spool folder cannot be created or listed: no permission, or a file where a folder should be.",
  AGT_BAD_DESTINATION: "A destination's name is not usable as part of a file name, or is attached twice.",
  AGT_LISTEN_FAILED: "The UDP socket for packet forwarders cannot be opened; the port is taken or not permitted.",
  AGT_OPEN_LISTENER:
    "Listening beyond loopback needs an allow-list of gateway EUIs: anyone could send packets in your name.",
  AGT_BAD_CONFIG: "The configuration is wrong; the detail names each key, where it stands and the nearest valid one.",
  AGT_NO_CONFIG: "The configuration file cannot be read.",
  AGT_KEY_EXPOSED: "A key file can be read by others than its owner; chmod 600 it, and ask yourself who has seen it.",
  AGT_KEY_DAMAGED: "A key file does not hold one key; restore it from your copy. It is never written over.",
  AGT_KEY_UNUSABLE:
    "A key file or its folder cannot be read or made: no permission, or a file where a folder should be.",
  AGT_TOO_MANY_GATEWAYS: "More gateways than one agent makes keys for; list the ones you mean in forwarder.allow.",
  AGT_BAD_ORACLE: "An oracle's address or key is not usable: plain HTTP beyond loopback, or a text that is no key.",
  AGT_PAGE_FAILED: "The local page cannot be served: its port is taken, or its address is not loopback.",
  AGT_BAD_RELEASE:
    "A release is not what its key signed: manifest or binary are damaged, forged or signed by another key.",
  AGT_UPDATE_FAILED:
    "The agent cannot replace its own binary; only an installation from the tarball in a folder of its own can.",
  AGT_BAD_OPTION: "An option of an actor is out of its range; the detail names it.",
} as const satisfies ErrorCatalogue;

export type AgentErrorCode = keyof typeof agentErrors;

/** Builds (does not throw) an agent error; `detail` names the file, key or address first where there is one. */
export function agentError(code: AgentErrorCode, detail: string, options?: CodedErrorOptions): CodedError {
  return new CodedError(code, detail, options);
}
