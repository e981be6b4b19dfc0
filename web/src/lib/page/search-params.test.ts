import { describe, expect, it } from "vitest";
import { listParam, parseSearch, stringifySearch, textParam } from "./search-params";

describe("search parameters", () => {
  it("keeps values that look like numbers as text", () => {
    for (const id of ["662E41", "00123", "12345678901234567890", "1e5", "true", "null"]) {
      const search = { q: `attributes.trace_id:${id}`, open: id };
      expect(parseSearch(stringifySearch(search))).toEqual(search);
      expect(textParam(parseSearch(`?open=${id}`), "open")).toBe(id);
    }
  });

  it("round-trips any text and lists", () => {
    const search = { q: 'a "b c" -/x+y/ 100% ü &?#=', cols: ["host", "http.status"] };
    expect(parseSearch(stringifySearch(search))).toEqual(search);
  });

  it("leaves out what is empty", () => {
    expect(stringifySearch({ q: "", view: undefined, live: null })).toBe("");
    expect(listParam({ cols: "one" }, "cols")).toEqual(["one"]);
    expect(textParam({ q: ["a", "b"] }, "q")).toBe("a");
  });
});
