import { later } from "../ui/later";

export const ResetPage = later(async () => (await import("./ResetPage")).ResetPage, false);
export const DevicePage = later(async () => (await import("./DevicePage")).DevicePage, false);
export const AccountDialog = later(async () => (await import("./AccountDialog")).AccountDialog, false);
export const PasskeySignIn = later(async () => (await import("./PasskeySignIn")).PasskeySignIn, false);

/** Whether the address is that of a separate page: /?reset or /?device. */
export const isPage = (name: "reset" | "device") => new URLSearchParams(location.search).has(name);
