import { fileURLToPath } from "node:url";
import { build, type Plugin } from "vite";

const folder = fileURLToPath(new URL("../page/", import.meta.url));

/** Bundles the modules in page/, for evaluation in any page that a test opens. */
export const bundleClients = () => bundle(`${folder}clients.ts`);

/** Bundles source text as if it were a file in page/, so that it can import the modules there. */
export function bundleCode(code: string, others: Record<string, string> = {}): Promise<string> {
  const entry = `${folder}code.tsx`;
  const files = new Map(Object.entries({ [entry]: code }));
  for (const [name, text] of Object.entries(others)) files.set(folder + name, text);
  const resolve = (id: string) => [id, folder + id.slice("./".length), `${folder}${id.slice("./".length)}.ts`].find((path) => files.has(path));
  return bundle(entry, { name: "code", resolveId: (id) => resolve(id) ?? null, load: (id) => files.get(id) ?? null });
}

async function bundle(entry: string, ...plugins: Plugin[]): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: "error",
    plugins,
    oxc: { jsx: { runtime: "automatic" } },
    build: {
      write: false,
      modulePreload: false,
      rolldownOptions: { input: entry, output: { format: "iife" } },
    },
  });
  const output = [built].flat().flatMap((bundle) => ("output" in bundle ? bundle.output : []));
  const code = output.find((file) => file.type === "chunk")?.code;
  if (!code) throw new Error(`${entry} was not bundled`);
  return code;
}
