import { useQuery } from "@tanstack/react-query";
import type { Settings } from "@tasklane/web-contract";
import { useState, type FormEvent } from "react";
import { useWorkspace } from "../data/workspace";
import { LoadError } from "../list/LoadError";
import { browserCalendar, isKnown } from "../task/calendar";
import { weekdayName } from "../task/dates";
import { DialogActions } from "../ui/DialogActions";
import { SelectField } from "../ui/SelectField";
import { Dialog } from "../ui/Dialog";
import { useNow } from "../ui/clock";
import "./settings.css";

/** The dialog to choose the time zone and the first day of the week. */
export function SettingsDialog({ onClose }: { onClose: () => void }) {
  const { queries } = useWorkspace();
  const settings = useQuery(queries.settings());
  return (
    <Dialog title="Date and time" onClose={onClose}>
      {settings.data ? (
        <SettingsForm settings={settings.data} onDone={onClose} />
      ) : (
        settings.isError && <LoadError what="settings" error={settings.error} queries={[settings]} />
      )}
    </Dialog>
  );
}

// A Monday, a Saturday and a Sunday.
const weekStarts = { monday: "2024-01-01", saturday: "2024-01-06", sunday: "2024-01-07" } as const;

function SettingsForm({ settings, onDone }: { settings: Settings; onDone: () => void }) {
  const { settingsWrites } = useWorkspace();
  const [timeZone, setTimeZone] = useState(settings.timeZone);
  const [weekStart, setWeekStart] = useState(settings.weekStart);
  const now = useNow((now) => Math.floor(now.getTime() / 60_000 + 1) * 60_000);
  const there = isKnown(timeZone) && `It is ${now.toLocaleTimeString(undefined, { timeStyle: "short", timeZone })} there.`;

  function submit(event: FormEvent) {
    event.preventDefault();
    if (timeZone !== settings.timeZone || weekStart !== settings.weekStart) {
      settingsWrites.change({ timeZone, weekStart }, settings, "Your settings are saved.");
    }
    onDone();
  }

  return (
    <form className="settings" onSubmit={submit}>
      <SelectField label="Time zone" hint={`${there || "This browser does not know this time zone."} Your days begin and end in this time zone.`} value={timeZone} onChange={setTimeZone}>
        {regions(settings.timeZone).map(([region, zones]) => (
          <optgroup key={region} label={region}>
            {zones.map((zone) => (
              <option key={zone} value={zone}>
                {nameIn(region, zone)}
              </option>
            ))}
          </optgroup>
        ))}
      </SelectField>
      <SelectField label="Weeks begin on" value={weekStart} onChange={setWeekStart}>
        {Object.entries(weekStarts).map(([name, day]) => (
          <option key={name} value={name}>
            {weekdayName(day)}
          </option>
        ))}
      </SelectField>
      <DialogActions submit="Save" onClose={onDone} />
    </form>
  );
}

const regionOf = (zone: string) => (zone.includes("/") ? zone.slice(0, zone.indexOf("/")) : "Other");
const nameIn = (region: string, zone: string) => (region === "Other" ? zone : zone.slice(region.length + 1)).replaceAll("_", " ");

/** All time zones that the browser knows, and the one that is set, by their regions. */
function regions(own: string): [region: string, zones: string[]][] {
  const zones = [...new Set([...Intl.supportedValuesOf("timeZone"), browserCalendar.timeZone, own, "UTC"])].sort();
  const byRegion = new Map<string, string[]>();
  for (const zone of zones) byRegion.set(regionOf(zone), [...(byRegion.get(regionOf(zone)) ?? []), zone]);
  return [...byRegion];
}
