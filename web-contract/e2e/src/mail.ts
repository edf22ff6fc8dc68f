import { expect, inject } from "vitest";
import { eventually } from "./eventually.js";

/** Waits for an email to an address with a subject, and returns its text. */
export async function mailTo(to: string, subject: string): Promise<string> {
  return eventually(async () => {
    const response = await fetch(`${inject("stack").mailUrl}/messages`);
    const messages = (await response.json()) as { to: string; subject: string; text: string }[];
    const text = messages.find((message) => message.to === to && message.subject === subject)?.text;
    expect(text).toBeDefined();
    return text!;
  });
}

/** Waits for an email to an address with a subject, and returns the link in it. */
export async function linkInMail(to: string, subject: string): Promise<string> {
  const link = (await mailTo(to, subject)).match(/^https?:\/\/\S+$/m)?.[0];
  expect(link).toBeDefined();
  return link!;
}
