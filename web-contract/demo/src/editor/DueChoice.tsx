import { useState } from "react";
import { addDays, dayAt, dayOf, dueOn, lastDay, nextTime, noDue, readDate, shortDate, startOfWeek, timeOf, type Due } from "../task/dates";
import type { DueProps } from "./DuePicker";
import { PartField } from "../ui/PartField";
import { Month } from "./Month";

/** The most common days to choose. */
function suggestedDays(now: Date): [name: string, day: string][] {
  const today = dayAt(now);
  return [
    ["Today", today],
    ["Tomorrow", addDays(today, 1)],
    ["Next week", addDays(startOfWeek(today), 7)],
  ];
}

/** Common days, and fields for any other day and time. */
export function DueChoice({ due, onChange, onDone }: DueProps) {
  const date = dayOf(due);
  const time = timeOf(due);
  // Until a date is chosen, a typed time means its next occurrence, even though its first digits already set a date.
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
      <div className="due-suggestions">
        {suggestedDays(new Date()).map(([name, day], index) => (
          <button
            key={name}
            type="button"
            className="option"
            autoFocus={index === 0}
            title={shortDate(day, true)}
            onClick={() => choose(dueOn(day, time))}
          >
            {name}
          </button>
        ))}
      </div>
      <Month key={date} day={date} onChange={(day) => choose(dueOn(day, time))} />
      <div className="due-fields">
        <PartField label="Date" type="date" max={lastDay} value={date} onChange={changeDate} />
        <PartField label="Time" type="time" value={time} onChange={changeTime} />
      </div>
      <div className="due-actions">
        {date && (
          <button type="button" className="option" onClick={() => choose(noDue)}>
            No due date
          </button>
        )}
        <button type="button" className="option" onClick={onDone}>
          Done
        </button>
      </div>
    </>
  );
}
