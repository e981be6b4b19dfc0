import { IconSearch, IconX } from "@tabler/icons-react";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import type { ApiProblem } from "@/lib/api/problem";
import { useCommands } from "@/lib/page/commands";
import { joinTerms, removeTerm, splitChips } from "@/lib/text/filter-text";
import { printable } from "@/lib/text/printable";
import type { LogScope } from "../log-queries";
import classes from "./filter-box.module.css";
import { rememberFilter, type Suggestion, useSuggestions } from "./suggestions";

type FilterBoxProps = {
  /** The filter in use. */
  value: string;
  onChange: (filter: string) => void;
  scope: LogScope;
  saved?: readonly { name: string; q: string }[];
  /** What the server says about the filter. */
  problem: ApiProblem | null;
};

/** The filter: finished terms as chips, the rest as text, suggestions, and the server's parse error at its position. */
export function FilterBox({ value, onChange, scope, saved = [], problem }: FilterBoxProps) {
  const { chips, rest } = splitChips(value);
  const [draft, setDraft] = useState(rest);
  const [focused, setFocused] = useState(false);
  const [selected, setSelected] = useState(-1);
  // Suggestions close when a filter is applied, so that they do not cover the lines, and come back with typing.
  const [closed, setClosed] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => setDraft(rest), [rest]);
  useCommands([
    {
      id: "filter",
      label: "Go to the filter",
      group: "Logs",
      keys: ["/"],
      run: () => input.current?.focus(),
    },
  ]);
  const word = /\S*$/.exec(draft)?.[0] ?? "";
  const suggestions = useSuggestions(word, scope, saved, focused && !closed);
  const isDirty = draft !== rest;
  const violation = problem?.violations.find(({ field }) => field === "q");

  const commit = (text: string) => {
    const filter = joinTerms([...chips, text]);
    rememberFilter(filter);
    setDraft(splitChips(filter).rest);
    if (filter !== value) onChange(filter);
    setSelected(-1);
    setClosed(true);
  };
  const take = (suggestion: Suggestion) => {
    setSelected(-1);
    if (suggestion.kind === "filter") {
      rememberFilter(suggestion.text);
      onChange(suggestion.text);
      input.current?.blur();
      return;
    }
    const next = draft.slice(0, draft.length - word.length) + suggestion.text;
    setDraft(next);
    if (suggestion.kind === "term") commit(next);
    input.current?.focus();
  };
  const editChip = (text: string) => {
    onChange(removeTerm(value, text));
    setDraft(joinTerms([rest, text]));
    input.current?.focus();
  };
  const handleKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    const chosen = suggestions[selected];
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (suggestions.length === 0) return;
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      setSelected((selected + step + suggestions.length) % suggestions.length);
    } else if (event.key === "Tab" && chosen) {
      event.preventDefault();
      take(chosen);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (chosen) take(chosen);
      else commit(draft);
    } else if (event.key === "Escape") {
      if (selected >= 0) setSelected(-1);
      else input.current?.blur();
    } else if (event.key === "Backspace" && input.current?.selectionEnd === 0 && chips.length > 0) {
      event.preventDefault();
      editChip(chips.at(-1)?.text ?? "");
    }
  };
  return (
    <div className={classes.area}>
      <search className={`${classes.box} ${problem ? classes.invalid : ""}`}>
        <IconSearch size={16} aria-hidden />
        {chips.map((chip) => (
          <span key={chip.text} className={classes.chip} data-chip={chip.text}>
            <button type="button" title="Edit this term" onClick={() => editChip(chip.text)}>
              {chip.excluded ? <span className={classes.not}>−</span> : null}
              <span className={classes.key}>{chip.field?.replace(/^attributes\./, "")}:</span>
              {printable(chip.value)}
            </button>
            <button
              type="button"
              aria-label={`Remove ${chip.text}`}
              onClick={() => onChange(removeTerm(value, chip.text))}
            >
              <IconX size={12} aria-hidden />
            </button>
          </span>
        ))}
        <input
          ref={input}
          className={classes.input}
          type="text"
          role="combobox"
          aria-label="Filter"
          aria-expanded={focused && suggestions.length > 0}
          aria-controls="filter-suggestions"
          aria-activedescendant={suggestions[selected] ? `suggestion-${selected}` : undefined}
          aria-invalid={problem !== null}
          aria-describedby={problem ? "filter-problem" : undefined}
          autoComplete="off"
          spellCheck={false}
          placeholder={chips.length === 0 ? "Text, field:value, -not, /regex/" : ""}
          value={draft}
          onChange={(event) => {
            setDraft(event.currentTarget.value);
            setSelected(-1);
            setClosed(false);
          }}
          onFocus={() => {
            setFocused(true);
            setClosed(false);
          }}
          onBlur={() => {
            setFocused(false);
            setSelected(-1);
            if (isDirty) commit(draft);
          }}
          onKeyDown={handleKeyDown}
        />
        <kbd aria-hidden>/</kbd>
      </search>
      {problem && !(focused && isDirty) ? (
        <div id="filter-problem" className={classes.problem} role="alert">
          <ParseProblem
            filter={value}
            message={violation?.reason ?? problem.message}
            position={violation?.position ?? null}
          />
        </div>
      ) : focused && suggestions.length > 0 ? (
        <Suggestions suggestions={suggestions} selected={selected} onTake={take} />
      ) : null}
    </div>
  );
}

function ParseProblem({
  filter,
  message,
  position,
}: {
  filter: string;
  message: string;
  position: number | null;
}) {
  return (
    <>
      {position === null ? null : (
        <pre aria-hidden>
          {filter}
          {"\n"}
          {" ".repeat(position)}^
        </pre>
      )}
      {position === null ? "" : `Column ${position + 1}: `}
      {message}
      <span className="muted"> The lines below belong to the last valid filter.</span>
    </>
  );
}

function Suggestions({
  suggestions,
  selected,
  onTake,
}: {
  suggestions: Suggestion[];
  selected: number;
  onTake: (suggestion: Suggestion) => void;
}) {
  return (
    <div id="filter-suggestions" role="listbox" aria-label="Suggestions" className={classes.suggestions}>
      {suggestions.map((suggestion, index) => (
        <div key={suggestion.id} role="presentation">
          {suggestions[index - 1]?.group === suggestion.group ? null : (
            <div className={classes.group}>{suggestion.group}</div>
          )}
          <button
            type="button"
            id={`suggestion-${index}`}
            role="option"
            aria-selected={index === selected}
            tabIndex={-1}
            className={classes.option}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => onTake(suggestion)}
          >
            <span>{suggestion.text}</span>
            <span>{suggestion.note}</span>
          </button>
        </div>
      ))}
    </div>
  );
}
