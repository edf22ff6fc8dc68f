/**
 * Finds the objects in a schema that accept unknown fields, if they must be closed,
 * and those that exclude new fields otherwise. Maps, whose additionalProperties are a
 * schema, are ignored.
 */
export default function objectSchemas(schema, { closed }, { path }) {
  const findings = [];
  const seen = new Set();
  const walk = (value, location) => {
    if (typeof value !== "object" || value === null || seen.has(value)) return;
    seen.add(value);
    const isObject = value.type === "object" || value.properties !== undefined;
    const isMap = typeof value.additionalProperties === "object";
    if (isObject && !isMap && (value.additionalProperties === false) !== closed) {
      findings.push({ message: closed ? "accepts unknown fields" : "excludes new fields", path: location });
    }
    for (const [name, part] of Object.entries(value.properties ?? {})) walk(part, [...location, "properties", name]);
    for (const name of ["oneOf", "anyOf", "allOf"]) {
      for (const [index, part] of (value[name] ?? []).entries()) walk(part, [...location, name, index]);
    }
    for (const name of ["items", "additionalProperties"]) walk(value[name], [...location, name]);
  };
  walk(schema, path);
  return findings;
}
