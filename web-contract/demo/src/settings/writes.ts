import { isApiError, type Settings, type UpdateSettingsRequest } from "@tasklane/web-contract";
import { taskKeys } from "@tasklane/web-contract/react";
import { createPersisted, type Parts } from "../data/persisted";
import { browserCalendar } from "../task/calendar";

export function createSettingsWrites(parts: Parts) {
  const { queryClient, sender, undo } = parts;
  const { mutations, send } = sender;
  const sendChanged = createPersisted(parts)(
    "settings",
    mutations.updateSettings,
    (changes: UpdateSettingsRequest) => ({ changes }),
    () => "Your settings were not saved.",
  );

  /**
   * Saves the browser's time zone and week start for a user without settings. If another device has saved some, they
   * are kept. A failure is not reported, because the next page tries again.
   */
  function saveBrowserCalendar(): void {
    send(mutations.updateSettings({ networkMode: "always" }), { changes: browserCalendar, version: 1 }).catch((error: unknown) => {
      if (isApiError(error, "version_conflict")) void queryClient.invalidateQueries({ queryKey: taskKeys.settings });
    });
  }

  function change(changes: UpdateSettingsRequest, { timeZone, weekStart }: Settings, message: string): void {
    const { saved: done } = sendChanged(changes);
    undo.offer(message, { name: "changing your settings", run: () => void sendChanged({ timeZone, weekStart }) }, done);
  }

  return { saveBrowserCalendar, change };
}
