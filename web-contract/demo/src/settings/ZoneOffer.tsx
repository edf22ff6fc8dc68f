import { useQuery } from "@tanstack/react-query";
import { localTimeOf } from "@tasklane/web-contract/clock";
import { useEffect, useState } from "react";
import { useWorkspace } from "../data/workspace";
import { browserCalendar, isKnown } from "../task/calendar";
import { readItem, writeItem } from "../ui/storage";

const storageKey = "tasklane.kept-zone";
const halfYear = 183 * 86_400_000;

/** Reports whether two zones have the same local time, now and in half a year. */
const isSameTime = (a: string, b: string) =>
  [Date.now(), Date.now() + halfYear].every((moment) => localTimeOf(moment, a) === localTimeOf(moment, b));

/** Returns the place in a zone's name, such as New York in America/New_York. */
const placeOf = (zone: string) => (zone.startsWith("Etc/") ? zone.slice(4) : zone.slice(zone.lastIndexOf("/") + 1).replaceAll("_", " "));

/** Offers to switch to the browser's time zone if the settings have another one, unless the user chose on this device to keep it. */
export function ZoneOffer() {
  const { queries, settingsWrites, notices } = useWorkspace();
  const { data: settings } = useQuery({ ...queries.settings(), enabled: false });
  const [kept, setKept] = useState(() => readItem(storageKey));
  const zone = settings?.timeZone ?? "UTC";
  const { timeZone } = browserCalendar;
  const pair = `${zone} ${timeZone}`;
  const isOffered = settings !== undefined && settings.version > 1 && kept !== pair && isKnown(zone) && !isSameTime(zone, timeZone);
  const [here, there] = [placeOf(timeZone), placeOf(zone)];
  useEffect(() => {
    if (isOffered) notices.announce(`Your tasks are in ${there} time. Below the list you can switch to ${here} time.`);
  }, [isOffered, notices, here, there]);
  if (!isOffered) return null;

  function keep() {
    writeItem(storageKey, pair);
    setKept(pair);
  }

  function change() {
    settingsWrites.change({ timeZone }, settings!, `Your tasks are in ${here} time.`);
  }

  return (
    <section className="banner zone-offer" aria-label="Time zone">
      <p>
        Your tasks are in {there} time. Use {here} time?
      </p>
      <button type="button" className="button" onClick={change}>
        Change
      </button>
      <button type="button" className="button quiet" onClick={keep}>
        Keep
      </button>
    </section>
  );
}
