/** An organisation as its people see it, and changes of it: one at a time, each of what was seen last. */
import { useState } from "preact/hooks";
import { ApiFailure } from "../../api.ts";
import { type AnswerWithRetry, lastValue } from "../../use-answer.ts";
import type { Session } from "../../wallet/session.ts";
import { type ChangeOf, sendChange } from "../../wallet/signed-change.ts";
import { useSigned } from "../use-signed.ts";

export interface OrganisationRoute {
  readonly routeId: number;
  readonly name: string;
  readonly payer: string;
  readonly server: { readonly host: string; readonly port: number; readonly certificateAuthority: string | null };
  readonly topicPrefix: string;
  readonly netIds: readonly string[];
  readonly devAddrs: readonly string[];
  readonly joinEuis: readonly string[];
  readonly maxCopies: number;
  readonly isActive: boolean;
  readonly suspended: readonly string[];
}

export interface Organisation extends ChangeOf {
  readonly wallet: string;
  readonly name: string | null;
  readonly role: "viewer" | "editor" | "owner";
  readonly routeKeys: readonly string[];
  readonly members: readonly { readonly member: string; readonly role: string; readonly name: string }[];
  readonly routes: readonly OrganisationRoute[];
  readonly apiKeys: readonly {
    readonly id: string;
    readonly name: string;
    readonly createdMs: number;
    readonly expiresMs: number;
  }[];
  readonly webhook: {
    readonly url: string;
    readonly belowDataCredits: string;
    readonly alerts: readonly {
      readonly id: string;
      readonly balanceDataCredits: string;
      readonly foundMs: number;
      readonly state: string;
      readonly problem: string | null;
    }[];
  } | null;
  readonly journal: readonly {
    readonly revision: number;
    readonly signer: string;
    readonly changedMs: number;
    readonly what: string;
  }[];
  readonly limits: { readonly routes: number; readonly members: number; readonly apiKeys: number };
}

/** Makes a change of the organisation; undefined when it was refused, which is shown. `below` follows its path: `/routes/7`. */
export type Change = <T>(method: "PUT" | "POST" | "DELETE", below: string, body?: unknown) => Promise<T | undefined>;

export interface OrganisationState {
  readonly answer: AnswerWithRetry<Organisation>;
  readonly change: Change;
  readonly isBusy: boolean;
  /** Why the last change was refused. */
  readonly refusal: string | undefined;
}

/** Follows the organisation of a wallet; a null wallet asks nothing. */
export function useOrganisation(session: Session, wallet: string | null): OrganisationState {
  const path = wallet === null ? null : `/v1/organisations/${wallet}`;
  const answer = useSigned<Organisation>(session, path);
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string>();
  const shown = lastValue(answer);
  const change: Change = async (method, below, body) => {
    if (shown === undefined || path === null) return undefined;
    setBusy(true);
    setRefusal(undefined);
    try {
      return await sendChange(session, shown, method, path + below, body);
    } catch (failure) {
      setRefusal(reasonOf(failure));
      return undefined;
    } finally {
      setBusy(false);
      answer.retry();
    }
  };
  // A change is signed for the revision that is shown: until that is known anew, there is none to make.
  return { answer, change, isBusy: isBusy || answer.isAsking, refusal };
}

function reasonOf(failure: unknown): string {
  if (!(failure instanceof ApiFailure)) return `The change was not made: ${String(failure)}`;
  if (failure.status === 0) return "The oracle does not answer; it is not known whether the change was made.";
  if (failure.code === "stale_revision") {
    return "Somebody changed the organisation meanwhile. It is shown anew: look whether your change still fits, and make it again.";
  }
  return `The oracle refused (${failure.code}): expected ${failure.expected}.`;
}
