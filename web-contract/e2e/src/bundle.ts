import { fileURLToPath } from "node:url";
import { build } from "vite";

/** Bundles what is in page/, to be evaluated in whatever page a test opens. */
export async function bundleClients(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: "warn",
    build: {
      write: false,
      modulePreload: false,
      rolldownOptions: {
        input: fileURLToPath(new URL("../page/clients.ts", import.meta.url)),
        output: { format: "iife" },
      },
    },
  });
  const output = [built].flat().flatMap((bundle) => ("output" in bundle ? bundle.output : []));
  const code = output.find((file) => file.type === "chunk")?.code;
  if (!code) throw new Error("the clients for the page were not built");
  return code;
}
