import { useState } from "react";
import { addDays, dateField, dueName, dueOn, nextTime, readDate, shortDate, startOfDay, timeField } from "../task/dates";
import { CalendarIcon } from "../ui/icons";
import { PopoverButton } from "../ui/PopoverButton";

interface Props {
  dueAt: string | null;
  onChange: (dueAt: string | null) => void;
  /** Called after a choice was made. */
  onDone: () => void;
}

/** When a task is due: one of the usual days, or any other. */
export function DuePicker({ dueAt, onChange, onDone }: Props) {
  return (
    <PopoverButton
      className={dueAt ? "chip is-set" : "chip"}
      label={dueAt ? `Due ${dueName(dueAt)}` : "Due date"}
      title="Due date"
      onDone={onDone}
      content={(close) => <DueChoice dueAt={dueAt} onChange={onChange} onDone={close} />}
    >
      <CalendarIcon />
      {dueAt ? dueName(dueAt) : "Due"}
    </PopoverButton>
  );
}

/** The days that most tasks are put off to. */
function usualDays(now: Date): [name: string, day: Date][] {
  const today = startOfDay(now);
  const untilMonday = ((8 - today.getDay()) % 7) || 7;
  return [
    ["Today", today],
    ["Tomorrow", addDays(today, 1)],
    ["Next Monday", addDays(today, untilMonday)],
  ];
}

function DueChoice({ dueAt, onChange, onDone }: Props) {
  const date = dateField(dueAt);
  const time = timeField(dueAt);
  // Without a date, a time is the next such time for as long as it is being typed.
  const [undated, setUndated] = useState(dueAt === null);

  function changeDate(text: string) {
    const day = readDate(text);
    if (text !== "" && !day) return;
    setUndated(!day);
    onChange(day ? dueOn(day, time) : null);
  }

  function changeTime(text: string) {
    const day = readDate(date);
    if (undated) onChange(text ? nextTime(text) : null);
    else if (day) onChange(dueOn(day, text));
  }

  function choose(next: string | null) {
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
      {dueAt && (
        <button type="button" className="option" onClick={() => choose(null)}>
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
