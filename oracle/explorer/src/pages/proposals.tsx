export function ProposalsPage(_: { readonly hotspotKey?: string }) {
  return (
    <section class="page">
      <h1>Proposals</h1>
    </section>
  );
}
