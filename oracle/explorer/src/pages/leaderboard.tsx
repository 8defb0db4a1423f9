export function LeaderboardPage(_: { readonly hotspotKey?: string }) {
  return (
    <section class="page">
      <h1>Leaderboard</h1>
    </section>
  );
}
