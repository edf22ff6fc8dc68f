import { useState } from "react";
import { addDays, dayAt, dayOf, dueOn, nextTime, noDue, readDate, shortDate, timeOf, type Due } from "../task/dates";
import type { DueProps } from "./DuePicker";

/** The days that most tasks are put off to. */
function usualDays(now: Date): [name: string, day: string][] {
  const today = dayAt(now);
  const untilMonday = ((8 - new Date(today).getUTCDay()) % 7) || 7;
  return [
    ["Today", today],
    ["Tomorrow", addDays(today, 1)],
    ["Next Monday", addDays(today, untilMonday)],
  ];
}

/** The usual days, and fields for any other day and time. */
export function DueChoice({ due, onChange, onDone }: DueProps) {
  const date = dayOf(due);
  const time = timeOf(due);
  // Without a date, a time is the next such time for as long as it is being typed.
  const [undated, setUndated] = useState(date === "");

  function changeDate(text: string) {
    const day = readDate(text);
    if (text !== "" && !day) return;
    setUndated(!day);
    onChange(day ? dueOn(day, time) : noDue);
  }

  function changeTime(text: string) {
    if (undated) onChange(text ? nextTime(text) : noDue);
    else if (date) onChange(dueOn(date, text));
  }

  function choose(next: Due) {
    onChange(next);
    onDone();
  }

  return (
    <>
      {usualDays(new Date()).map(([name, usual], index) => (
        <button
          key={name}
          type="button"
          className="option"
          autoFocus={index === 0}
          onClick={() => choose(dueOn(usual, time))}
        >
          <span className="option-text">{name}</span>
          <span className="option-aside">{shortDate(usual, true)}</span>
        </button>
      ))}
      {date && (
        <button type="button" className="option" onClick={() => choose(noDue)}>
          <span className="option-text">No due date</span>
        </button>
      )}
      <hr />
      <div className="due-fields">
        <PartField label="Date" type="date" value={date} onChange={changeDate} />
        <PartField label="Time" type="time" value={time} onChange={changeTime} />
      </div>
      <button type="button" className="option" onClick={onDone}>
        <span className="option-text option-done">Done</span>
      </button>
    </>
  );
}

interface PartFieldProps {
  label: string;
  type: "date" | "time";
  value: string;
  onChange: (value: string) => void;
}

/** One half of a moment. It shows what is typed, which need not be a date yet, until it is left. */
function PartField({ label, type, value, onChange }: PartFieldProps) {
  const [typed, setTyped] = useState<string>();
  return (
    <label>
      <span>{label}</span>
      <input
        className="framed-field"
        type={type}
        max={type === "date" ? "9999-12-31" : undefined}
        value={typed ?? value}
        onChange={({ target }) => {
          setTyped(target.value);
          // A field that is half filled has no value, like an empty one.
          if (!target.validity.badInput) onChange(target.value);
        }}
        onBlur={() => setTyped(undefined)}
      />
    </label>
  );
}
