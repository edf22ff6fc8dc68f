/**
 * Checks an operation's error responses. 422, 500 and 504 must be among them, and
 * each must name at least one code in its description and have an example of each
 * code, as a problem document.
 */
export default function failureExamples(responses, _options, { path }) {
  const findings = [];
  const report = (status, message) => findings.push({ message, path: [...path, status] });
  for (const status of ["422", "500", "504"]) {
    if (!responses[status]) findings.push({ message: `There is no ${status}, which every operation has.` });
  }
  for (const [status, { description = "", content = {} }] of Object.entries(responses)) {
    if (!/^[45]/.test(status)) continue;
    const examples = content["application/problem+json"]?.examples ?? {};
    const named = [...description.matchAll(/`(\w+)`/g)].map(([, code]) => code);
    if (named.length === 0) report(status, "It names no code.");
    for (const code of named) if (!examples[code]) report(status, `There is no example of ${code}.`);
    for (const [code, { value }] of Object.entries(examples)) {
      if (!named.includes(code)) report(status, `The description does not name ${code}.`);
      if (value?.code !== code) report(status, `The example of ${code} has another code.`);
      if (String(value?.status) !== status) report(status, `The example of ${code} has another status.`);
    }
  }
  return findings;
}
