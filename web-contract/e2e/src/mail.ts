import { expect, inject, vi } from "vitest";

/** Waits for a mail to an address with a subject, and returns the link in it. */
export async function linkInMail(to: string, subject: string): Promise<string> {
  return vi.waitFor(async () => {
    const response = await fetch(`${inject("stack").mailUrl}/messages`);
    const messages = (await response.json()) as { to: string; subject: string; text: string }[];
    const text = messages.find((message) => message.to === to && message.subject === subject)?.text;
    const link = text?.match(/^https?:\/\/\S+$/m)?.[0];
    expect(link).toBeDefined();
    return link!;
  }, { timeout: 20_000, interval: 100 });
}
