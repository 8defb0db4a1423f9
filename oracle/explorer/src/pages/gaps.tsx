export function GapsPage(_: { readonly hotspotKey?: string }) {
  return (
    <section class="page">
      <h1>Gaps</h1>
    </section>
  );
}
