import { describe, expect, it } from "vitest";
import {
  addTerm,
  fieldTerm,
  hasTerm,
  joinTerms,
  quote,
  removeTerm,
  splitChips,
  splitTerms,
  unquote,
} from "./filter-text";

const texts = (filter: string) => splitTerms(filter).map((term) => term.text);

describe("splitTerms", () => {
  it.each([
    ["severity:error service:cart", ["severity:error", "service:cart"]],
    ['"connection refused" -debug', ['"connection refused"', "-debug"]],
    ['test:"a.py::test b" x', ['test:"a.py::test b"', "x"]],
    ["attributes.took_ms:[100 TO 500} x", ["attributes.took_ms:[100 TO 500}", "x"]],
    ["/time(d )?out/ message:/a b/ x", ["/time(d )?out/", "message:/a b/", "x"]],
    ["path/to/file x", ["path/to/file", "x"]],
    ['say:"a \\" b" x', ['say:"a \\" b"', "x"]],
    ["  ", []],
  ])("splits %s", (filter, expected) => expect(texts(filter)).toEqual(expected));

  it.each(["a OR b", "(a b) c", "NOT a b", "-(a b)", "service:( x", 'a "b'])(
    "keeps %s as one term",
    (filter) => {
      expect(texts(filter)).toEqual([filter]);
      expect(splitChips(filter)).toEqual({ chips: [], rest: filter });
    },
  );

  it("reads field, value and exclusion", () => {
    expect(splitTerms('-service:"a b"')).toEqual([
      { text: '-service:"a b"', field: "service", value: "a b", excluded: true },
    ]);
  });
});

describe("chips", () => {
  it("shows finished field terms as chips and leaves the rest as text", () => {
    const { chips, rest } = splitChips('severity:error timed out -service:cart "x y"');
    expect(chips.map((chip) => chip.text)).toEqual(["severity:error", "-service:cart"]);
    expect(rest).toBe('timed out "x y"');
    expect(joinTerms([...chips, rest])).toBe('severity:error -service:cart timed out "x y"');
  });
});

describe("changing a filter", () => {
  it("adds a term once and replaces its opposite", () => {
    expect(addTerm("a", "service:cart")).toBe("a service:cart");
    expect(addTerm("a service:cart", "service:cart")).toBe("a service:cart");
    expect(addTerm("a -service:cart", "service:cart")).toBe("a service:cart");
    expect(addTerm("service:cart", "-service:cart")).toBe("-service:cart");
    expect(addTerm("", "x")).toBe("x");
  });

  it("groups alternatives before it adds to them", () => {
    expect(addTerm("a OR b", "service:cart")).toBe("(a OR b) service:cart");
    expect(addTerm("(a OR b)", "service:cart")).toBe("(a OR b) service:cart");
    expect(addTerm("(a) OR (b)", "service:cart")).toBe("((a) OR (b)) service:cart");
  });

  it("removes and finds terms", () => {
    expect(removeTerm("a service:cart b", "service:cart")).toBe("a b");
    expect(hasTerm("a service:cart", "service:cart")).toBe(true);
    expect(hasTerm("a OR service:cart", "service:cart")).toBe(false);
  });
});

describe("fieldTerm", () => {
  it.each([
    ["service_id", "cart", "service:cart"],
    ["service_id", "a b", 'service:"a b"'],
    ["test_id", "a.py::b", 'test:"a.py::b"'],
    ["attributes.http.status", "502", "attributes.http.status:502"],
    ["host", "web-1", "attributes.host:web-1"],
    ["source", "", 'source:""'],
    ["pattern", "took <*> ms", 'pattern:"took <*> ms"'],
    ["attributes.x", "-5", 'attributes.x:"-5"'],
    ["attributes.x", "OR", 'attributes.x:"OR"'],
  ])("%s %s", (field, value, expected) => expect(fieldTerm(field, value)).toBe(expected));

  it("selects logs without the field", () => {
    expect(fieldTerm("test_id", null)).toBe("-_exists_:test_id");
    expect(fieldTerm("test_id", null, true)).toBe("_exists_:test_id");
  });

  it("quotes so that unquote returns the same text", () => {
    for (const text of ['a"b', "a\\b", 'a\\"b c', "(", "x:y", "a*"]) expect(unquote(quote(text))).toBe(text);
  });
});
