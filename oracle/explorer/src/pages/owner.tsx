/** What is an owner's: hotspots with their exact places, and the commands that change them or claim. */
import { useState } from "preact/hooks";
import type { Hotspot, OwnedHotspotPage, WholeHotspot } from "../api-types.ts";
import { tokens } from "../format.ts";
import { AssertLocation } from "../parts/assert-location.tsx";
import { Claim } from "../parts/claim.tsx";
import { Beneficiary, Transfer } from "../parts/hand-over.tsx";
import { CellLink, HotspotLink } from "../parts/links.tsx";
import { SignIn } from "../parts/sign-in.tsx";
import { Shown } from "../parts/states.tsx";
import { TableHead } from "../parts/table-head.tsx";
import { useSigned } from "../parts/use-signed.ts";
import { Wide } from "../parts/wide.tsx";
import { useEpochAnswer } from "../use-answer.ts";
import { type Session, useSession } from "../wallet/session.ts";

export function OwnerPage() {
  const session = useSession();
  return (
    <section class="page">
      <h1>Owner</h1>
      <SignIn who="a hotspot's owner" />
      {session !== undefined && (
        <>
          <Claim wallet={session.wallet} />
          <Hotspots session={session} />
        </>
      )}
    </section>
  );
}

function Hotspots({ session }: { readonly session: Session }) {
  const answer = useEpochAnswer<OwnedHotspotPage>(`/v1/wallets/${session.wallet}/hotspots?limit=500`);
  const [open, setOpen] = useState<string>();
  return (
    <>
      <h2>Hotspots</h2>
      <Shown
        answer={answer}
        what="the hotspots"
        empty={({ hotspots }) =>
          hotspots.length === 0
            ? "The registry of the latest closed epoch has no hotspot of this wallet. A new one is there from the epoch after it was registered."
            : null
        }
      >
        {({ epoch, hotspots }) => (
          <>
            <Wide label="Hotspots of the wallet">
              <table>
                <caption>Epoch {epoch}</caption>
                <TableHead columns={["Hotspot", "Cell", "Location", { number: "Earned, tokens" }, "Manage"]} />
                <tbody>
                  {hotspots.map((hotspot) => (
                    <tr key={hotspot.key}>
                      <th scope="row">
                        <HotspotLink hotspotKey={hotspot.key} />
                        {!hotspot.isOwner && <span class="tag">paid to you only</span>}
                        {!hotspot.isBeneficiary && <span class="tag">paid to others</span>}
                        {hotspot.isSuspended && <span class="tag bad">suspended</span>}
                      </th>
                      <td>
                        <CellLink cell={hotspot.cell} />
                      </td>
                      <td>{hotspot.isLocationOpen ? "open" : "private"}</td>
                      <td class="number">{tokens(hotspot.pay.atoms)}</td>
                      <td>
                        {hotspot.isOwner && (
                          <button
                            type="button"
                            class="second"
                            aria-expanded={open === hotspot.key}
                            onClick={() => setOpen(open === hotspot.key ? undefined : hotspot.key)}
                          >
                            {open === hotspot.key ? "Close" : "Open"}
                            <span class="visually-hidden"> {hotspot.name}</span>
                          </button>
                        )}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Wide>
            {open !== undefined && <Manage session={session} hotspotKey={open} key={open} />}
          </>
        )}
      </Shown>
    </>
  );
}

function Manage({ session, hotspotKey }: { readonly session: Session; readonly hotspotKey: string }) {
  const answer = useSigned<WholeHotspot>(session, `/v1/hotspots/${hotspotKey}`);
  return (
    <Shown answer={answer} what="the hotspot">
      {({ hotspot, exactCell }) => (
        <section aria-label="Manage the hotspot">
          <h2>
            <HotspotLink hotspotKey={hotspotKey} />
          </h2>
          <Asserted hotspot={hotspot} exactCell={exactCell ?? null} />
          <AssertLocation hotspot={hotspot} exactCell={exactCell ?? null} />
          <Beneficiary hotspot={hotspot} />
          <Transfer hotspot={hotspot} />
        </section>
      )}
    </Shown>
  );
}

/** Where it is asserted, as far as the oracle knows: of a private place only its owner keeps more than the public cell. */
function Asserted({ hotspot, exactCell }: { readonly hotspot: Hotspot; readonly exactCell: string | null }) {
  if (exactCell !== null) {
    return (
      <p>
        Asserted at <span class="code">{exactCell}</span> (resolution 12; everybody else is shown the cell of resolution
        8).
      </p>
    );
  }
  if (hotspot.cell === null || hotspot.isLocationOpen) {
    return (
      <p>
        Asserted at <span class="quiet">no place yet</span>.
      </p>
    );
  }
  return (
    <p>
      Asserted privately in <span class="code">{hotspot.cell}</span> (resolution 8). The exact place stands in the
      opening file that you kept, and is known to no oracle.
    </p>
  );
}
