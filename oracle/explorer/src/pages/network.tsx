export function NetworkPage(_: { readonly hotspotKey?: string }) {
  return (
    <section class="page">
      <h1>Network</h1>
    </section>
  );
}
