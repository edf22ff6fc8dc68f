/** Returns the key by which tags are compared: tags that differ only in case are equal. */
export function tagKey(tag: string): string {
  const seen = tag.normalize("NFC").replace(/[\p{Cf}\p{Variation_Selector}]/gu, "");
  // The four letters i of Turkish count as one.
  return seen.replaceAll("İ", "i").toUpperCase().toLowerCase();
}

/** Returns each tag once, in its first spelling. */
export function uniqueTags(tags: readonly string[]): string[] {
  const spellings = new Map<string, string>();
  for (const tag of tags) if (!spellings.has(tagKey(tag))) spellings.set(tagKey(tag), tag);
  return [...spellings.values()];
}
