/**
 * Finds a schema's open objects, with the option closed, or else its closed objects.
 * Maps, which describe their values, are ignored.
 */
export default function objectSchemas(schema, { closed }, { path }) {
  const findings = [];
  const seen = new Set();
  const walk = (value, at) => {
    if (typeof value !== "object" || value === null || seen.has(value)) return;
    seen.add(value);
    const isObject = value.type === "object" || value.properties !== undefined;
    const isMap = typeof value.additionalProperties === "object";
    if (isObject && !isMap && (value.additionalProperties === false) !== closed) {
      findings.push({ message: closed ? "accepts unknown fields" : "excludes new fields", path: at });
    }
    for (const [name, part] of Object.entries(value.properties ?? {})) walk(part, [...at, "properties", name]);
    for (const name of ["oneOf", "anyOf", "allOf"]) {
      for (const [index, part] of (value[name] ?? []).entries()) walk(part, [...at, name, index]);
    }
    for (const name of ["items", "additionalProperties"]) walk(value[name], [...at, name]);
  };
  walk(schema, path);
  return findings;
}
