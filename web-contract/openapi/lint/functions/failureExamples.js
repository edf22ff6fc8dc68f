/**
 * Checks an operation's error responses: those that every operation has, and for
 * each a description that names at least one code, with an example of each code as
 * a problem document.
 */
export default function failureExamples(responses, _options, { path }) {
  const findings = [];
  const find = (status, message) => findings.push({ message, path: [...path, status] });
  for (const status of ["422", "500", "504"]) {
    if (!responses[status]) findings.push({ message: `There is no ${status}, which every operation has.` });
  }
  for (const [status, { description = "", content = {} }] of Object.entries(responses)) {
    if (!/^[45]/.test(status)) continue;
    const examples = content["application/problem+json"]?.examples ?? {};
    const named = [...description.matchAll(/`(\w+)`/g)].map(([, code]) => code);
    if (named.length === 0) find(status, "It names no code.");
    for (const code of named) if (!examples[code]) find(status, `There is no example of ${code}.`);
    for (const [code, { value }] of Object.entries(examples)) {
      if (!named.includes(code)) find(status, `The description does not name ${code}.`);
      if (value?.code !== code) find(status, `The example of ${code} has another code.`);
      if (String(value?.status) !== status) find(status, `The example of ${code} has another status.`);
    }
  }
  return findings;
}
