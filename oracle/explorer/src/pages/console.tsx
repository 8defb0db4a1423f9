/** What an IoT customer looks at and changes: coverage of a place, routes, balance, deliveries, its organisation, usage and invoices. */
import { useState } from "preact/hooks";
import { useLive } from "../live.ts";
import { Balance } from "../parts/balance.tsx";
import { Command } from "../parts/command.tsx";
import { ContestedRoutes } from "../parts/contested.tsx";
import { Deliveries } from "../parts/deliveries.tsx";
import { Invoices } from "../parts/invoices.tsx";
import { Code } from "../parts/links.tsx";
import { OrganisationShown } from "../parts/organisation/organisation.tsx";
import { SignIn } from "../parts/sign-in.tsx";
import { Shown } from "../parts/states.tsx";
import { TableHead } from "../parts/table-head.tsx";
import { UsageShown } from "../parts/usage.tsx";
import { Wide } from "../parts/wide.tsx";
import { useHas } from "../parts-of-api.ts";
import { useAnswer } from "../use-answer.ts";
import { isWalletText } from "../wallet/base58.ts";
import { type Session, useSession } from "../wallet/session.ts";
import { CoverageAtPoint } from "./gaps.tsx";

interface Route {
  readonly routeId: number;
  readonly name: string;
  readonly payer: string;
  readonly devAddrRanges: readonly { readonly first: number; readonly last: number }[];
  readonly joinEuis: number;
  readonly maxCopies: number;
  readonly isActive: boolean;
  readonly suspended: readonly string[];
}

export function ConsolePage() {
  const session = useSession();
  const { epochs } = useLive();
  const hasEpochs = (epochs?.length ?? 0) > 0;
  return (
    <section class="page">
      <h1>Customer</h1>
      <CoverageAtPoint />
      <Routes />
      {hasEpochs && (
        <>
          <h2>Deliveries</h2>
          <Deliveries />
        </>
      )}
      <ContestedRoutes epochs={epochs ?? []} />
      <SignIn who="the wallet that pays, or a member of its organisation" />
      {session !== undefined && <Own key={session.wallet} session={session} hasEpochs={hasEpochs} />}
    </section>
  );
}

/** What is a payer's alone: of the wallet that signed in, or of one that took it in as a member. */
function Own({ session, hasEpochs }: { readonly session: Session; readonly hasEpochs: boolean }) {
  const [typed, setTyped] = useState("");
  const has = useHas("organisations");
  const payer = isWalletText(typed) ? typed : session.wallet;
  return (
    <>
      {has === true && (
        <label class="field">
          Organisation's wallet, if it is not yours
          <input
            spellcheck={false}
            placeholder={session.wallet}
            value={typed}
            onInput={(event) => setTyped(event.currentTarget.value.trim())}
          />
        </label>
      )}
      {has === true && <OrganisationShown key={payer} session={session} payer={payer} />}
      {hasEpochs && <UsageShown session={session} payer={payer} />}
      <Invoices session={session} payer={payer} />
    </>
  );
}

function Routes() {
  const has = useHas("routes");
  const answer = useAnswer<{ readonly routes: readonly Route[] }>(has === true ? "/v1/routes" : null);
  return (
    <>
      <h2>Routes</h2>
      {has === false && <p class="note empty">This oracle keeps no routes: it shows closed epochs from disk.</p>}
      <Shown
        answer={answer}
        what="the routes"
        empty={({ routes }) =>
          routes.length === 0
            ? "No route yet. A route says whose devices' packets go to which server, and who pays; the customer's guide shows how one is made."
            : null
        }
      >
        {({ routes }) => (
          <>
            <Wide label="Routes">
              <table>
                <TableHead
                  columns={[
                    "Route",
                    "Payer's route key",
                    "DevAddr",
                    { number: "JoinEUIs" },
                    { number: "Copies paid" },
                    "State",
                  ]}
                />
                <tbody>
                  {routes.map((route) => (
                    <tr key={route.routeId}>
                      <th scope="row">
                        {route.routeId} {route.name}
                      </th>
                      <td>
                        <Code text={route.payer} />
                      </td>
                      <td class="code">
                        {route.devAddrRanges.slice(0, 4).map(({ first, last }) => (
                          <div key={first}>
                            {hex8(first)}–{hex8(last)}
                          </div>
                        ))}
                        {route.devAddrRanges.length > 4 && `and ${route.devAddrRanges.length - 4} more`}
                      </td>
                      <td class="number">{route.joinEuis}</td>
                      <td class="number">{route.maxCopies}</td>
                      <td>
                        {route.suspended.length > 0 ? (
                          <span class="tag bad">suspended: {route.suspended.join(", ")}</span>
                        ) : route.isActive ? (
                          <span class="tag good">active</span>
                        ) : (
                          <span class="tag">off</span>
                        )}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Wide>
            {routes.map(({ routeId, name, payer }) => (
              <Balance key={routeId} title={`${routeId} ${name}`} routeKey={payer} />
            ))}
          </>
        )}
      </Shown>
      <TopUp />
    </>
  );
}

function TopUp() {
  return (
    <details>
      <summary>Balance and top-up</summary>
      <p>
        Data credits are made by burning tokens and put into the account of a route; from there they pay packets and
        cannot come back.
      </p>
      <Command words={["dc", "router", "ROUTE_KEY"]} note="What is left, what was funded and burnt. Reads only;" />
      <Command words={["dc", "mint", "1000000"]} />
      <Command words={["dc", "fund", "ROUTE_KEY", "1000000"]} />
      <p class="quiet">
        The public interface is described at <a href="/docs">/docs</a>; it needs no key. What is a payer's alone is
        asked for with the wallet's signature.
      </p>
    </details>
  );
}

const hex8 = (value: number): string => value.toString(16).padStart(8, "0");
