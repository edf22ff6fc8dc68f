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

/** The common rules, and a form for others. The rule that the task had stays an option, even if neither can show it. */
export function RepeatChoice({ fields, onChange, onDone }: RepeatProps) {
  const { recurrence, recurrenceFrom } = fields;
  const [isForm, setForm] = useState(false);
  const [initial] = useState({ recurrence, recurrenceFrom });
  if (isForm) {
    return (
      <RepeatForm fields={fields} onChange={onChange}>
        <NextDues fields={fields} />
        <button type="button" className="option repeat-done" onClick={onDone}>
          Done
        </button>
      </RepeatForm>
    );
  }

  const common = commonRepeats(dayOf(fields)).map(ruleOf);
  const isCommon = initial.recurrence === null || (initial.recurrenceFrom === "due" && common.includes(initial.recurrence));
  const options = [
    { value: "", text: "Does not repeat" },
    ...common.map((rule) => ({ value: rule, text: repeatName(rule, "due")! })),
    ...(isCommon ? [] : [{ value: "initial", text: repeatName(initial.recurrence!, initial.recurrenceFrom) ?? initial.recurrence! }]),
  ];
  const isInitial = !isCommon && recurrence === initial.recurrence && recurrenceFrom === initial.recurrenceFrom;

  function choose(value: string) {
    onChange(value === "initial" ? initial : { recurrence: value || null, recurrenceFrom: "due" });
  }

  return (
    <div className="repeat">
      <Choice legend="Repeat" options={options} value={isInitial ? "initial" : (recurrence ?? "")} onChange={choose} onDone={onDone} />
      <NextDues fields={fields} />
      <hr />
      <button type="button" className="option" onClick={() => setForm(true)}>
        <span className="option-text">Custom…</span>
        <ChevronIcon />
      </button>
    </div>
  );
}

/** The next due dates by the rule. */
function NextDues({ fields }: { fields: Fields }) {
  const now = useNow();
  if (!fields.recurrence) return null;
  const dues = nextDues(fields, now, { limit: shownDues });
  return (
    <p className="hint repeat-next" aria-live="polite">
      {dues.length > 0 ? <Dotted parts={dues.map((due, index) => (index === 0 ? "Then " : "") + dueName(due, now))} /> : "It does not repeat after that."}
    </p>
  );
}
