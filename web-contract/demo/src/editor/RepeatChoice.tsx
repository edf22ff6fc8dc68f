import { useState } from "react";
import { dayOf, dueName } from "../task/dates";
import type { Fields } from "../task/fields";
import { nextDues } from "../task/occurrences";
import { commonRepeats, repeatName, ruleOf } from "../task/repeat";
import { useNow } from "../ui/clock";
import { Choice } from "../ui/Choice";
import { Dotted } from "../ui/Dotted";
import { ChevronIcon } from "../ui/icons";
import { RepeatForm } from "./RepeatForm";
import type { RepeatProps } from "./RepeatPicker";
import "./repeat.css";

const shownDues = 3;

/** The common rules, and a form for others. A rule that neither can show is kept until another one is chosen. */
export function RepeatChoice({ fields, onChange, onDone }: RepeatProps) {
  const { recurrence, recurrenceFrom } = fields;
  const [isForm, setForm] = useState(false);
  const [own] = useState({ recurrence, recurrenceFrom });
  if (isForm) {
    return (
      <RepeatForm fields={fields} onChange={onChange}>
        <Next fields={fields} />
        <button type="button" className="option repeat-done" onClick={onDone}>
          Done
        </button>
      </RepeatForm>
    );
  }

  const common = commonRepeats(dayOf(fields)).map(ruleOf);
  const isCommon = own.recurrence === null || (own.recurrenceFrom === "due" && common.includes(own.recurrence));
  const options = [
    { value: "", text: "Does not repeat" },
    ...common.map((rule) => ({ value: rule, text: repeatName(rule, "due")! })),
    ...(isCommon ? [] : [{ value: "own", text: repeatName(own.recurrence!, own.recurrenceFrom) ?? own.recurrence! }]),
  ];
  const isOwn = !isCommon && recurrence === own.recurrence && recurrenceFrom === own.recurrenceFrom;

  function choose(value: string) {
    onChange(value === "own" ? own : { recurrence: value || null, recurrenceFrom: "due" });
  }

  return (
    <div className="repeat">
      <Choice legend="Repeat" options={options} value={isOwn ? "own" : (recurrence ?? "")} onChange={choose} onDone={onDone} />
      <Next fields={fields} />
      <hr />
      <button type="button" className="option" onClick={() => setForm(true)}>
        <span className="option-text">Custom…</span>
        <ChevronIcon />
      </button>
    </div>
  );
}

/** The due dates that follow. */
function Next({ fields }: { fields: Fields }) {
  const now = useNow();
  if (!fields.recurrence) return null;
  const dues = nextDues(fields, now, { limit: shownDues });
  return (
    <p className="repeat-next" aria-live="polite">
      {dues.length > 0 ? <Dotted parts={dues.map((due, at) => (at === 0 ? "Then " : "") + dueName(due, now))} /> : "It does not repeat after that."}
    </p>
  );
}
