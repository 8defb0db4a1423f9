export function OwnerPage(_: { readonly hotspotKey?: string }) {
  return (
    <section class="page">
      <h1>Owner</h1>
    </section>
  );
}
