import { useEffect, useEffectEvent, type ReactNode } from "react";
import { addDays, addMonths, dayOf, lastDay, readDate, startOfWeek } from "../task/dates";
import type { Fields } from "../task/fields";
import { codeOf, dayOfMonthName, monthDaysOf, nameOfCode, repeatOf, ruleOf, unitName, defaultRepeat, type Repeat, type Unit } from "../task/repeat";
import { toggled } from "../ui/CheckOption";
import { PartField } from "../ui/PartField";
import { SelectField } from "../ui/SelectField";

interface Props {
  fields: Fields;
  onChange: (changes: Partial<Fields>) => void;
  children: ReactNode;
}

const unitNames: Unit[] = ["DAILY", "WEEKLY", "MONTHLY", "YEARLY"];
const keyOf = ({ monthDay, nth }: Pick<Repeat, "monthDay" | "nth">) => nth ?? String(monthDay ?? "");

/** A form with the parts of a rule. A rule that it cannot show is replaced by the first change. */
export function RepeatForm({ fields, onChange, children }: Props) {
  const day = dayOf(fields);
  const { recurrence, recurrenceFrom } = fields;
  const parsed = recurrence === null ? undefined : repeatOf(recurrence);
  const repeat = parsed ?? defaultRepeat("WEEKLY", day);
  const { unit, every } = repeat;
  const isFromDue = recurrenceFrom === "due";

  function change(changes: Partial<Repeat>, from = recurrenceFrom) {
    onChange({ recurrence: ruleOf({ ...repeat, ...changes }), recurrenceFrom: from });
  }
  // The form always saves what it shows.
  const saveDefault = useEffectEvent(() => recurrence === null && change({}));
  useEffect(() => void saveDefault(), []);

  /** Changes the unit or the start of the rule. A rule from the completion has only a unit and an interval. */
  function restart(unit: Unit, from: Fields["recurrenceFrom"]) {
    const { weekdays, monthDay, month } = defaultRepeat(from === "due" ? unit : "DAILY", day);
    change({ unit, weekdays, monthDay, month, nth: undefined }, from);
  }

  const part = { day, repeat, onChange: (changes: Partial<Repeat>) => change(changes) };
  return (
    <div className="repeat repeat-form">
      {recurrence && !parsed && <p className="hint">This task has a rule of its own, which a change here replaces: {recurrence}</p>}
      <div className="repeat-line">
        <PartField label="Every" type="number" min={1} max={999} value={String(every)} onChange={(text) => text && change({ every: Number(text) })} autoFocus />
        <SelectField label="Unit" value={unit} onChange={(unit) => restart(unit, recurrenceFrom)}>
          {unitNames.map((name) => (
            <option key={name} value={name}>
              {unitName(name, every)}
            </option>
          ))}
        </SelectField>
      </div>
      {unit === "WEEKLY" && isFromDue && <Weekdays {...part} />}
      {unit === "MONTHLY" && isFromDue && <DayOfMonth {...part} />}
      <SelectField label="Counted from" value={recurrenceFrom} onChange={(from) => restart(unit, from)}>
        <option value="due">the due date</option>
        <option value="completion">the completion</option>
      </SelectField>
      <End {...part} />
      {children}
    </div>
  );
}

interface PartProps {
  /** The day the task is due. */
  day: string;
  repeat: Repeat;
  onChange: (changes: Partial<Repeat>) => void;
}

/** The weekdays of a weekly rule, at least one. */
function Weekdays({ day, repeat: { weekdays }, onChange }: PartProps) {
  const week = Array.from({ length: 7 }, (_, index) => codeOf(addDays(startOfWeek(day), index)));

  function toggle(code: string) {
    const next = toggled(weekdays, code);
    if (next.length > 0) onChange({ weekdays: week.filter((code) => next.includes(code)) });
  }

  return (
    <fieldset className="plain repeat-week">
      <legend>On</legend>
      {week.map((code) => (
        <label key={code} className="option">
          <input type="checkbox" checked={weekdays.includes(code)} aria-label={nameOfCode(code)} onChange={() => toggle(code)} />
          <span aria-hidden="true">{nameOfCode(code, "short")}</span>
        </label>
      ))}
    </fieldset>
  );
}

/** The day of the month of a monthly rule. */
function DayOfMonth({ day, repeat, onChange }: PartProps) {
  const common = monthDaysOf(day);
  const days = common.some((other) => keyOf(other) === keyOf(repeat)) ? common : [...common, repeat];

  function choose(key: string) {
    const { monthDay, nth } = days.find((other) => keyOf(other) === key)!;
    onChange({ monthDay, nth });
  }

  return (
    <SelectField label="On" value={keyOf(repeat)} onChange={choose}>
      {days.map((other) => (
        <option key={keyOf(other)} value={keyOf(other)}>
          {keyOf(other) ? dayOfMonthName(other) : "the same day"}
        </option>
      ))}
    </SelectField>
  );
}

/** When the rule ends. */
function End({ day, repeat: { until, count }, onChange }: PartProps) {
  return (
    <div className="repeat-line">
      <SelectField
        label="Ends"
        value={until ? "until" : count ? "count" : "never"}
        onChange={(end) => onChange({ until: end === "until" ? addMonths(day, 3) : undefined, count: end === "count" ? 10 : undefined })}
      >
        <option value="never">never</option>
        <option value="until">on</option>
        <option value="count">after</option>
      </SelectField>
      {until && <PartField label="Last day" type="date" max={lastDay} value={until} onChange={(text) => readDate(text) && onChange({ until: text })} />}
      {count && <PartField label="Times" type="number" min={1} max={9999} value={String(count)} onChange={(text) => text && onChange({ count: Number(text) })} />}
    </div>
  );
}
