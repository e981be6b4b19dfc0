import { describe, expect, it } from "vitest";
import type { ComparedLine, ComparedRow, Step, TestComparison } from "./comparison-queries";
import { foldRows, type Item, inOneColumn, nextStop, type ShownRow, shownRows } from "./rows";

const START = Date.parse("2026-11-27T12:00:00Z");

function line(id: string, ms = 0): ComparedLine {
  const timestamp = new Date(START + ms).toISOString();
  return { log_id: id, timestamp, service_id: "payment", severity: "info", message: `says ${id}` };
}

/** Writes a row as "mark green run", with "-" for no line. The lines of a run are 10 ms apart. */
function rowsOf(...texts: string[]): ComparedRow[] {
  return texts.map((text, index) => {
    const [mark, green, run] = text.split(" ");
    const lineOf = (id: string | undefined) => (id && id !== "-" ? line(id, index * 10) : null);
    return { mark: mark as ComparedRow["mark"], green: lineOf(green), run: lineOf(run) };
  });
}

function step(expected: string | null, instead: string | null, after: string | null = null): Step {
  const [a, b, c] = [after, expected, instead].map((id) => (id ? line(id) : null));
  return {
    kind: "missing",
    service_id: "payment",
    text: "",
    after: a ?? null,
    expected: b ?? null,
    instead: c ?? null,
  };
}

function comparisonOf(rows: ComparedRow[], first: Step | null = null): TestComparison {
  const outcome = {
    test_run_id: "r",
    run_id: "run",
    outcome: "failed",
    at: "2026-11-27T12:00:01Z",
    duration_s: 1,
    commit: null,
    branch: null,
    log_id: "o",
  };
  return {
    project_id: "shop",
    test_id: "t",
    subject: outcome,
    greens: [outcome],
    verdict: { kind: "unknown", reason: "", settle: null, first_bad_commit: null, last_good_commit: null },
    signature: null,
    first_difference: first,
    differences: first ? [first] : [],
    rows,
    generated: null,
    not_generated: null,
  };
}

const idsOf = (row: ShownRow) => `${row.green?.line.log_id ?? "-"} ${row.run?.line.log_id ?? "-"}`;
const shown = (items: readonly Item[]) =>
  items.map((item) => (item.kind === "fold" ? `fold ${item.count}` : idsOf(item)));

describe("rows", () => {
  it("have the time since the line before them in the same run", () => {
    const rows = shownRows(comparisonOf(rowsOf("same a b", "missing c -", "new - d", "same e f")));
    expect(rows.map(({ green, run }) => [green?.delta, run?.delta])).toEqual([
      [null, null],
      [0.01, undefined],
      [undefined, 0.02],
      [0.02, 0.01],
    ]);
  });

  it("are loud where they differ, and quiet where they vary or the runner wrote them", () => {
    const rows = shownRows(
      comparisonOf(rowsOf("same a b", "value c d", "missing e -", "new - f", "varies g -", "report - h")),
    );
    expect(rows.map(({ tone }) => tone)).toEqual(["quiet", "value", "missing", "new", "quiet", "quiet"]);
    expect(rows.map(({ gap }) => gap)).toEqual(["", "", "no such line", "no such line", "", ""]);
    expect(rows[1]?.compared).toEqual({ green: "says c", run: "says d" });
  });

  it("that vary are loud when a difference names them", () => {
    const rows = shownRows(
      comparisonOf(rowsOf("same a b", "missing c -", "varies - d", "varies - e"), step("c", "d", "b")),
    );
    expect(rows.map(({ tone, gap }) => [tone, gap])).toEqual([
      ["quiet", ""],
      ["missing", "no such line"],
      ["new", "not at this place"],
      ["quiet", ""],
    ]);
    expect(rows.map(({ green, run }) => green?.pill ?? run?.pill)).toEqual([undefined, 1, 2, undefined]);
  });

  it("show the reports of both runs side by side at the end of a block", () => {
    const rows = rowsOf(
      "same a b",
      "missing c -",
      "report d -",
      "new - e",
      "new - f",
      "report - g",
      "same h i",
    );
    expect(shown(shownRows(comparisonOf(rows)))).toEqual(["a b", "c -", "- e", "- f", "d g", "h i"]);
  });

  it("keep every line when blocks of one side follow each other", () => {
    const rows = rowsOf("new - a", "missing b -", "missing c -", "new - d", "missing e -");
    expect(shown(shownRows(comparisonOf(rows)))).toEqual(["- a", "b -", "c -", "- d", "e -"]);
  });
});

describe("the first difference", () => {
  const firstOf = (first: Step) => {
    const rows = rowsOf("same a b", "same c d", "missing e -", "new - f");
    return shownRows(comparisonOf(rows, first)).findIndex(({ isFirst }) => isFirst);
  };

  it("is the first row with one of its lines", () => {
    expect(firstOf(step("e", "f"))).toBe(2);
    expect(firstOf(step("elsewhere", "f"))).toBe(3);
  });

  it("comes after the line before it when neither line is shown", () => {
    expect(firstOf(step(null, null, "b"))).toBe(1);
    expect(firstOf(step("elsewhere", null))).toBe(-1);
  });
});

describe("equal rows", () => {
  const equal = (count: number, name: string) =>
    Array.from({ length: count }, (_, index) => `same g${name}${index} r${name}${index}`);
  const rows = shownRows(
    comparisonOf(rowsOf(...equal(8, "a"), "new - x", ...equal(11, "b"), "new - y", ...equal(7, "c"))),
  );

  it("are folded except for three around each difference", () => {
    expect(shown(foldRows(rows, new Set()))).toEqual([
      "fold 5",
      "ga5 ra5",
      "ga6 ra6",
      "ga7 ra7",
      "- x",
      "gb0 rb0",
      "gb1 rb1",
      "gb2 rb2",
      "fold 5",
      "gb8 rb8",
      "gb9 rb9",
      "gb10 rb10",
      "- y",
      "gc0 rc0",
      "gc1 rc1",
      "gc2 rc2",
      "fold 4",
    ]);
  });

  it("can be unfolded one by one", () => {
    const [first] = foldRows(rows, new Set());
    const items = foldRows(rows, new Set([first?.key ?? ""]));
    expect(items).toHaveLength(rows.length - 5 - 4 + 2);
    expect(shown(items)[0]).toBe("ga0 ra0");
  });

  it("are shown when they are few, or when nothing differs", () => {
    const few = shownRows(comparisonOf(rowsOf(...equal(6, "a"), "new - x", "same y z")));
    expect(foldRows(few, new Set())).toHaveLength(few.length);
    const same = shownRows(comparisonOf(rowsOf(...equal(30, "a"))));
    expect(foldRows(same, new Set())).toHaveLength(30);
  });
});

describe("on a narrow screen", () => {
  it("what differs stands on two rows, and equal lines on one", () => {
    const rows = shownRows(comparisonOf(rowsOf("same a b", "value c d", "missing e -"), step("c", "d")));
    const items = inOneColumn(rows);
    expect(shown(items)).toEqual(["- b", "c -", "- d", "e -"]);
    expect(new Set(items.map(({ key }) => key)).size).toBe(4);
    expect(items.map((item) => item.kind === "row" && item.isFirst)).toEqual([false, true, false, false]);
  });
});

describe("the next difference", () => {
  const items = shownRows(
    comparisonOf(rowsOf("same a b", "missing c -", "new - d", "same e f", "value g h", "report i -")),
  );

  it("begins each block of rows that differ, and goes round", () => {
    expect([-1, 1, 4].map((current) => nextStop(items, current, 1))).toEqual([1, 4, 1]);
    expect([4, 1].map((current) => nextStop(items, current, -1))).toEqual([1, 4]);
    expect(nextStop([], -1, 1)).toBe(-1);
  });
});
