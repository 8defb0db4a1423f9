/** A payer's organisation: founded, named, shown and changed by who signed in (docs/adr/0020). */
import { useState } from "preact/hooks";
import { clock } from "../../format.ts";
import type { Session } from "../../wallet/session.ts";
import { Code } from "../links.tsx";
import { Shown } from "../states.tsx";
import { TableHead } from "../table-head.tsx";
import { Wide } from "../wide.tsx";
import { ApiKeys } from "./api-keys.tsx";
import { LowBalance } from "./low-balance.tsx";
import { Members } from "./members.tsx";
import { OrganisationRoutes } from "./organisation-routes.tsx";
import { type Change, type Organisation, useOrganisation } from "./use-organisation.ts";

const ROLES = { owner: "You own it", editor: "You may look and change", viewer: "You may look" } as const;

export function OrganisationShown({ session, payer }: { readonly session: Session; readonly payer: string }) {
  const { answer, change, isBusy, refusal } = useOrganisation(session, payer);
  return (
    <>
      <h2>Organisation</h2>
      <Shown answer={answer} what="the organisation">
        {(organisation) => {
          const parts = { organisation, change, isBusy };
          return organisation.name === null ? (
            <Found {...parts} />
          ) : (
            <>
              <p>
                <strong>{organisation.name}</strong>, of wallet <Code text={organisation.wallet} />.{" "}
                {ROLES[organisation.role]}.
              </p>
              <Members {...parts} />
              <OrganisationRoutes {...parts} />
              <ApiKeys {...parts} />
              <LowBalance {...parts} />
              <Journal organisation={organisation} />
              {organisation.role !== "viewer" && <Rename key={organisation.name} {...parts} />}
            </>
          );
        }}
      </Shown>
      {refusal !== undefined && (
        <p class="note failed" role="alert">
          {refusal}
        </p>
      )}
    </>
  );
}

interface PartProps {
  readonly organisation: Organisation;
  readonly change: Change;
  readonly isBusy: boolean;
}

function Found({ organisation: { routeKeys }, change, isBusy }: PartProps) {
  const [name, setName] = useState("");
  if (routeKeys.length === 0) {
    return (
      <p class="note empty">
        This wallet pays for no route yet, so it has no organisation: <code>earshot dc register</code> opens the account
        of a route key, and then this page makes routes. For the organisation of another wallet that took you in, name
        it above.
      </p>
    );
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void change("PUT", "", { name });
      }}
    >
      <p>
        Without an operator's help: routes of your own, people who look or change with you, keys for programs, and a
        message when the balance is low.
      </p>
      <label class="field">
        Name of the organisation
        <input required maxLength={64} value={name} onInput={(event) => setName(event.currentTarget.value)} />
      </label>
      <button type="submit" disabled={isBusy}>
        Found it
      </button>
    </form>
  );
}

function Rename({ organisation, change, isBusy }: PartProps) {
  const [name, setName] = useState(organisation.name ?? "");
  const [typed, setTyped] = useState("");
  return (
    <details>
      <summary>Rename or dissolve</summary>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void change("PUT", "", { name });
        }}
      >
        <label class="field">
          New name
          <input required maxLength={64} value={name} onInput={(event) => setName(event.currentTarget.value)} />
        </label>
        <button type="submit" disabled={isBusy || name === organisation.name}>
          Rename
        </button>
      </form>
      {organisation.role === "owner" && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void change("DELETE", "");
          }}
        >
          <label class="field">
            To dissolve it, which withdraws its routes and keys, write its name
            <input value={typed} onInput={(event) => setTyped(event.currentTarget.value)} />
          </label>
          <button type="submit" class="second" disabled={isBusy || typed !== organisation.name}>
            Dissolve it
          </button>
        </form>
      )}
    </details>
  );
}

function Journal({ organisation: { journal } }: Pick<PartProps, "organisation">) {
  return (
    <details>
      <summary>Latest changes</summary>
      <Wide label="Latest changes">
        <table>
          <TableHead columns={[{ number: "Number" }, "When", "Signed by", "What"]} />
          <tbody>
            {journal.map(({ revision, changedMs, signer, what }) => (
              <tr key={revision}>
                <td class="number">{revision}</td>
                <td>{clock(changedMs)}</td>
                <td>
                  <Code text={signer} />
                </td>
                <td class="code">{what}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Wide>
    </details>
  );
}
