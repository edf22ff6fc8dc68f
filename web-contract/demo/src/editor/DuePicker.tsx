import { addDays, dateField, dueName, dueOn, readDate, shortDate, startOfDay, timeField } from "../task/dates";
import { CalendarIcon } from "../ui/icons";
import { PopoverButton } from "../ui/Popover";

interface Props {
  dueAt: string | null;
  onChange: (dueAt: string | null) => void;
}

/** When a task is due: one of the usual days, or any other. */
export function DuePicker({ dueAt, onChange }: Props) {
  return (
    <PopoverButton
      className={dueAt ? "chip is-set" : "chip"}
      label={dueAt ? `Due ${dueName(dueAt)}` : "Due date"}
      title="Due date"
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

function DueChoice({ dueAt, onChange, onDone }: Props & { onDone: () => void }) {
  const date = dateField(dueAt);
  const time = timeField(dueAt);
  const day = readDate(date);

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
        <label>
          <span>Date</span>
          <input
            type="date"
            value={date}
            onChange={({ target }) => {
              const chosen = readDate(target.value);
              if (chosen) onChange(dueOn(chosen, time));
            }}
          />
        </label>
        <label>
          <span>Time</span>
          <input
            type="time"
            value={time}
            onChange={({ target }) => onChange(dueOn(day ?? new Date(), target.value))}
          />
        </label>
      </div>
      <button type="button" className="option" onClick={onDone}>
        <span className="option-text option-done">Done</span>
      </button>
    </>
  );
}
