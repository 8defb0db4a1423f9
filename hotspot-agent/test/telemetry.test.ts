import { describe, expect, test } from "vitest";
import { Telemetry } from "../src/telemetry.ts";

describe("Telemetry", () => {
  test("renders counters, gauges and histograms as Prometheus reads them, in order of name", () => {
    const telemetry = new Telemetry();
    telemetry.gauge("b_bytes", "Bytes.").set(5);
    const counter = telemetry.counter("a_total", "Things.");
    counter.add();
    counter.add({ reason: "x", kind: "y" }, 2);
    const histogram = telemetry.histogram("c_seconds", "Time.", [0.1, 1]);
    for (const value of [0.1, 0.5, 2]) histogram.observe(value);
    expect(telemetry.render()).toBe(`# HELP a_total Things.
# TYPE a_total counter
a_total 1
a_total{kind="y",reason="x"} 2
# HELP b_bytes Bytes.
# TYPE b_bytes gauge
b_bytes 5
# HELP c_seconds Time.
# TYPE c_seconds histogram
c_seconds_bucket{le="0.1"} 1
c_seconds_bucket{le="1"} 2
c_seconds_bucket{le="+Inf"} 3
c_seconds_sum 2.6
c_seconds_count 3
`);
  });

  test("escapes label values that come from outside", () => {
    const telemetry = new Telemetry();
    telemetry.counter("a_total", "Things.").add({ reason: 'a"b\\c\nd' });
    expect(telemetry.render()).toContain('a_total{reason="a\\"b\\\\c\\nd"} 1\n');
  });

  test("gives the same metric for the same name, and its value whatever the order of labels", () => {
    const telemetry = new Telemetry();
    telemetry.counter("a_total", "Things.").add({ a: "1", b: "2" });
    telemetry.counter("a_total", "Things.").add({ b: "2", a: "1" });
    expect(telemetry.counter("a_total", "Things.").value({ a: "1", b: "2" })).toBe(2);
  });

  test("sums a counter by one label and over all", () => {
    const telemetry = new Telemetry();
    const counter = telemetry.counter("a_total", "Things.");
    counter.add({ reason: "x", server: "1" });
    counter.add({ reason: "x", server: "2" }, 3);
    counter.add({ reason: "y" });
    counter.add({ server: "1" });
    expect(counter.totals("reason")).toEqual({ x: 4, y: 1 });
    expect(counter.total()).toBe(6);
  });

  test("forgets the series of what is gone: counts go on under another name, so that no sum shrinks, and gauges end", () => {
    const telemetry = new Telemetry();
    const counter = telemetry.counter("a_total", "Things.");
    const histogram = telemetry.histogram("b_seconds", "Time.", [1]);
    const gauge = telemetry.gauge("c", "Now.");
    for (const server of ["route-1", "route-2", "main"]) {
      counter.add({ server, outcome: "acked" }, 2);
      histogram.observe(0.5, { server });
      gauge.set(1, { server });
      telemetry.forget("server", server === "main" ? "none" : server, "withdrawn");
    }
    expect(telemetry.render()).toBe(`# HELP a_total Things.
# TYPE a_total counter
a_total{outcome="acked",server="withdrawn"} 4
a_total{outcome="acked",server="main"} 2
# HELP b_seconds Time.
# TYPE b_seconds histogram
b_seconds_bucket{server="withdrawn",le="1"} 2
b_seconds_bucket{server="withdrawn",le="+Inf"} 2
b_seconds_sum{server="withdrawn"} 1
b_seconds_count{server="withdrawn"} 2
b_seconds_bucket{server="main",le="1"} 1
b_seconds_bucket{server="main",le="+Inf"} 1
b_seconds_sum{server="main"} 0.5
b_seconds_count{server="main"} 1
# HELP c Now.
# TYPE c gauge
c{server="main"} 1
`);
    expect(counter.totals("outcome")).toEqual({ acked: 6 });
  });
});
