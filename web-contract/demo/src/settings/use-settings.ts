import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { useWorkspace } from "../data/workspace";
import { followSettings } from "../task/calendar";
import { redraw } from "../ui/clock";

/** Follows the user's settings after the page's first response, and creates those of a new user. */
export function useSettings(started: boolean): void {
  const { queries, settingsWrites } = useWorkspace();
  const { data } = useQuery({ ...queries.settings(), enabled: started });
  useEffect(() => {
    if (!data) return;
    if (data.version === 1) settingsWrites.saveBrowserCalendar();
    if (followSettings(data)) redraw();
  }, [data, settingsWrites]);
}
