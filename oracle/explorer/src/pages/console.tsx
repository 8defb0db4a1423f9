/** What an IoT customer looks at: routes, balance, usage, invoices, contested packets, and whether a place has coverage. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { count } from "../format.ts";
import { useLive } from "../live.ts";
import { Balance } from "../parts/balance.tsx";
import { Command } from "../parts/command.tsx";
import { ContestedRoutes } from "../parts/contested.tsx";
import { Figure } from "../parts/figure.tsx";
import { Invoices } from "../parts/invoices.tsx";
import { CellLink, Code } from "../parts/links.tsx";
import { SignIn } from "../parts/sign-in.tsx";
import { Shown } from "../parts/states.tsx";
import { TableHead } from "../parts/table-head.tsx";
import { useSigned } from "../parts/use-signed.ts";
import { Wide } from "../parts/wide.tsx";
import { useHas } from "../parts-of-api.ts";
import { useAnswer } from "../use-answer.ts";
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

interface UsageLine {
  readonly copies: number;
  readonly packets: number;
  readonly dataCredits: number;
}

interface Usage extends UsageLine {
  readonly epoch: number;
  readonly devices: readonly (UsageLine & { readonly devAddr: string })[];
  readonly devicesInAll: number;
  readonly cells: readonly (UsageLine & { readonly cell: string | null })[];
  readonly cellsInAll: number;
}

export function ConsolePage() {
  const session = useSession();
  const { epochs } = useLive();
  return (
    <section class="page">
      <h1>Customer</h1>
      <CoverageAtPoint />
      <Routes />
      <ContestedRoutes epochs={epochs ?? []} />
      <SignIn who="the wallet that pays" />
      {session !== undefined && (
        <>
          <UsageShown session={session} />
          <Invoices session={session} />
        </>
      )}
    </section>
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

function UsageShown({ session }: { readonly session: Session }) {
  const [epoch, setEpoch] = useState<number>();
  const { epochs } = useLive();
  const query = epoch === undefined ? "" : `?epoch=${epoch}`;
  const answer = useSigned<Usage>(session, `/v1/payers/${session.wallet}/usage${query}`);
  return (
    <>
      <h2>Usage</h2>
      <label class="field">
        Epoch
        <select
          onChange={(event) =>
            setEpoch(event.currentTarget.value === "" ? undefined : Number(event.currentTarget.value))
          }
        >
          <option value="">latest</option>
          {[...(epochs ?? [])].reverse().map((one) => (
            <option key={one} value={one} selected={one === epoch}>
              {one}
            </option>
          ))}
        </select>
      </label>
      <Shown
        answer={answer}
        what="the usage"
        empty={({ copies }) => (copies === 0 ? "Nothing was billed to this wallet in the epoch." : null)}
      >
        {(usage) => (
          <>
            <dl class="figures">
              <Figure name="packets">{count(usage.packets)}</Figure>
              <Figure name="copies">
                {count(usage.copies)} ({(usage.copies / usage.packets).toFixed(2)} a packet)
              </Figure>
              <Figure name="data credits">{count(usage.dataCredits)}</Figure>
              <Figure name="devices">{count(usage.devicesInAll)}</Figure>
            </dl>
            <div class="split">
              <UsageTable
                title={`By device${usage.devicesInAll > usage.devices.length ? ", the largest" : ""}`}
                lines={usage.devices.map(({ devAddr, ...line }) => [<span class="code">{devAddr}</span>, line])}
              />
              <UsageTable
                title={`By cell${usage.cellsInAll > usage.cells.length ? ", the largest" : ""}`}
                lines={usage.cells.map(({ cell, ...line }) => [<CellLink cell={cell} />, line])}
              />
            </div>
          </>
        )}
      </Shown>
    </>
  );
}

function UsageTable({
  title,
  lines,
}: {
  readonly title: string;
  readonly lines: readonly (readonly [ComponentChildren, UsageLine])[];
}) {
  return (
    <Wide label={title}>
      <table>
        <caption>{title}</caption>
        <TableHead
          columns={[
            title.split(",")[0]!.slice(3),
            { number: "Packets" },
            { number: "Copies" },
            { number: "Data credits" },
          ]}
        />
        <tbody>
          {lines.map(([name, { packets, copies, dataCredits }], at) => (
            <tr key={at}>
              <th scope="row">{name}</th>
              <td class="number">{count(packets)}</td>
              <td class="number">{count(copies)}</td>
              <td class="number">{count(dataCredits)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Wide>
  );
}

const hex8 = (value: number): string => value.toString(16).padStart(8, "0");
