import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";

const lint = fileURLToPath(new URL("..", import.meta.url));
let folder;

before(async () => (folder = await mkdtemp(join(tmpdir(), "tasklane-openapi-"))));
after(() => rm(folder, { recursive: true }));

function run(file, args) {
  return new Promise((resolve) => {
    execFile(file, args, { cwd: lint }, (error, stdout, stderr) => resolve({ code: error?.code ?? 0, stdout, stderr }));
  });
}

async function write(name, document) {
  const path = join(folder, `${name}.json`);
  await writeFile(path, JSON.stringify(document));
  return path;
}

const failure = (status, code) => ({
  description: `No: \`${code}\`.`,
  content: { "application/problem+json": { examples: { [code]: { value: { code, status } } } } },
});

/** Returns a document with one operation that follows all rules. */
function document() {
  return {
    openapi: "3.1.0",
    info: {
      title: "Notes",
      version: "1.0.0",
      description: "Notes.",
      contact: { name: "Notes", url: "https://example.com" },
    },
    servers: [{ url: "https://example.com" }],
    tags: [{ name: "notes" }],
    paths: {
      "/notes": {
        post: {
          operationId: "createNote",
          description: "Adds a note.",
          tags: ["notes"],
          requestBody: { content: { "application/json": { schema: { type: "string" }, example: "Hello" } } },
          responses: {
            200: {
              description: "OK",
              content: { "application/json": { schema: { type: "string" }, example: "Hello" } },
            },
            422: failure(422, "invalid"),
            500: failure(500, "internal"),
            504: failure(504, "timeout"),
          },
        },
      },
    },
  };
}

describe("the linter", () => {
  async function findings(change) {
    const doc = document();
    change(doc.paths["/notes"].post);
    const path = await write("lint", doc);
    const { stdout } = await run("node_modules/.bin/spectral", [
      "lint",
      "--format=json",
      "--quiet",
      "--fail-severity=hint",
      path,
    ]);
    return JSON.parse(stdout).map(({ code, message }) => `${code}: ${message}`);
  }

  test("finds nothing in a complete document", async () => assert.deepEqual(await findings(() => {}), []));

  test("finds everything that is missing", async () => {
    const found = await findings(({ requestBody, responses }) => {
      delete requestBody.content["application/json"].example;
      delete responses[200].content["application/json"].example;
      delete responses[422].content["application/problem+json"].examples.invalid;
      responses[500].description = "No.";
      delete responses[504];
    });
    assert.deepEqual(found.toSorted(), [
      "failure-examples: #/paths/~1notes/post/responses/422: There is no example of invalid.",
      "failure-examples: #/paths/~1notes/post/responses/500: It names no code.",
      "failure-examples: #/paths/~1notes/post/responses/500: The description does not name internal.",
      "failure-examples: #/paths/~1notes/post/responses: There is no 504, which every operation has.",
      "request-example: #/paths/~1notes/post/requestBody/content/application~1json has no example.",
      "response-example: #/paths/~1notes/post/responses/200/content/application~1json has no example.",
    ]);
  });
});

describe("the linter's rules for objects", () => {
  const note = (closed, properties = {}) => ({ type: "object", ...(closed && { additionalProperties: false }), properties });

  async function findings(request, response, schemas) {
    const doc = { ...document(), ...(schemas && { components: { schemas } }) };
    const { requestBody, responses } = doc.paths["/notes"].post;
    Object.assign(requestBody.content["application/json"], { schema: request, example: {} });
    Object.assign(responses[200].content["application/json"], { schema: response, example: {} });
    const path = await write("objects", doc);
    const { stdout } = await run("node_modules/.bin/spectral", ["lint", "--format=json", "--quiet", path]);
    return JSON.parse(stdout).map(({ code, message }) => `${code}: ${message}`);
  }

  test("allow strict requests, open responses and maps", async () => {
    const map = { type: "object", additionalProperties: { type: "integer" } };
    assert.deepEqual(await findings(note(true, { counts: map }), note(false, { counts: map })), []);
  });

  test("find open requests and strict responses at any depth", async () => {
    const deep = { type: "array", items: { $ref: "#/components/schemas/Text" } };
    const found = await findings(note(false, { deep }), note(true, { deep }), { Text: { oneOf: [note(true), note(false)] } });
    assert.deepEqual(found.toSorted(), [
      "open-responses: #/components/schemas/Text/oneOf/0 excludes new fields: remove additionalProperties.",
      "open-responses: #/paths/~1notes/post/responses/200/content/application~1json/schema excludes new fields: remove additionalProperties.",
      "strict-requests: #/components/schemas/Text/oneOf/1 accepts unknown fields: set additionalProperties to false.",
      "strict-requests: #/paths/~1notes/post/requestBody/content/application~1json/schema accepts unknown fields: set additionalProperties to false.",
    ]);
  });
});

describe("the comparison with the released contract", () => {
  async function compare(change) {
    const current = document();
    change(current.paths);
    const paths = [await write("released", document()), await write("current", current)];
    return run("node", ["breaking.mjs", ...paths]);
  }

  test("passes additions", async () => {
    const { code, stdout } = await compare((paths) => (paths["/tags"] = { get: paths["/notes"].post }));
    assert.equal(code, 0, stdout);
  });

  test("passes a new kind in a response", async () => {
    const kind = (name) => ({ type: "object", properties: { kind: { type: "string", enum: [name] } } });
    const withKinds = (...names) => {
      const doc = document();
      doc.components = { schemas: Object.fromEntries(names.map((name) => [name, kind(name)])) };
      const oneOf = names.map((name) => ({ $ref: `#/components/schemas/${name}` }));
      const { content } = doc.paths["/notes"].post.responses[200];
      content["application/json"].schema = { type: "object", properties: { data: { type: "array", items: { oneOf } } } };
      return doc;
    };
    const paths = [await write("one-kind", withKinds("note")), await write("two-kinds", withKinds("note", "list"))];
    const { code, stdout } = await run("node", ["breaking.mjs", ...paths]);
    assert.equal(code, 0, stdout);
  });

  test("fails when an operation is removed", async () => {
    const { code, stdout } = await compare((paths) => delete paths["/notes"]);
    assert.equal(code, 1);
    assert.match(stdout, /POST \/notes/);
  });

  test("fails when a response changes its type", async () => {
    const { code } = await compare((paths) => {
      paths["/notes"].post.responses[200].content["application/json"].schema.type = "integer";
    });
    assert.equal(code, 1);
  });

  test("requires an entry in the changelog for a change", async () => {
    const changelog = join(folder, "CHANGELOG.md");
    const [released, current] = [await write("was", document()), await write("is", { ...document(), tags: [] })];
    const exit = async (entry, file) => {
      await writeFile(changelog, `# Changelog\n\n## Unreleased\n\n${entry}## 0.1.0\n\n- All of it.\n`);
      return (await run("node", ["changelog.mjs", changelog, released, file])).code;
    };
    assert.equal(await exit("", released), 0);
    assert.equal(await exit("", current), 1);
    assert.equal(await exit("- Notes have no tags.\n\n", current), 0);
  });

  test("passes while nothing is released", async () => {
    const { code, stdout } = await run("node", ["breaking.mjs", join(folder, "none.json"), join(folder, "none.json")]);
    assert.equal(code, 0);
    assert.match(stdout, /nothing is released/);
  });
});
