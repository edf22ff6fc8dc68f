import { fileURLToPath } from "node:url";
import { build, type Plugin } from "vite";

const folder = fileURLToPath(new URL("../page/", import.meta.url));

/** Bundles what is in page/, to be evaluated in whatever page a test opens. */
export const bundleClients = () => bundle(`${folder}clients.ts`);

/** Bundles a module that is no file, as if it lay in page/. */
export function bundleCode(code: string): Promise<string> {
  const entry = `${folder}code.tsx`;
  return bundle(entry, { name: "code", resolveId: (id) => (id === entry ? id : null), load: (id) => (id === entry ? code : null) });
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
